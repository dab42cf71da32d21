package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The readers of one {@link StreamRecording}, of which some follow it directly: they have all that
 * is stored. Belongs to the event loop of the recording.
 */
final class RecordingReaders {
  private final Set<StreamReader> all = new HashSet<>();

  /** Never changed in place, since a reader that is called may leave. */
  private List<StreamReader> direct = List.of();

  private boolean readToEnd;
  private @Nullable Runnable whenLeft;

  void add(StreamReader reader) {
    all.add(reader);
  }

  /**
   * {@return whether the last one has left}
   *
   * @param atEnd whether it has read the stream to its end
   */
  boolean leave(StreamReader reader, boolean atEnd) {
    release(reader);
    boolean left = all.remove(reader);
    readToEnd |= left && atEnd;
    if (!left || !all.isEmpty()) {
      return false;
    }
    if (whenLeft != null && !readToEnd) {
      whenLeft.run();
    }
    return true;
  }

  /** Calls this if they leave without one of them having read to the end. */
  void whenLeft(Runnable action) {
    whenLeft = readToEnd || all.isEmpty() ? null : action;
  }

  int count() {
    return all.size();
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** {@return whether this reader receives from now on what {@link #store} is called with} */
  boolean follows(StreamReader reader) {
    if (!all.contains(reader)) {
      return false;
    }
    var more = new ArrayList<>(direct);
    more.add(reader);
    direct = List.copyOf(more);
    return true;
  }

  private void release(StreamReader reader) {
    if (direct.contains(reader)) {
      direct = direct.stream().filter(other -> !other.equals(reader)).toList();
    }
  }

  /** From here nothing more comes; the journal has what there is. */
  void releaseAll() {
    var before = direct;
    direct = List.of();
    before.forEach(StreamReader::followAgain);
  }

  /**
   * Hands on what was stored.
   *
   * @param before the number of entries before them
   */
  void store(int epoch, long before, List<JournalEntry> entries) {
    for (StreamReader reader : direct) {
      if (!reader.take(epoch, before, entries)) {
        release(reader);
      }
    }
  }

  /**
   * The stream has ended, and its end is stored.
   *
   * @param finish what is done before the readers receive it
   */
  void end(JournalEnd end, Runnable finish) {
    var ending = direct;
    direct = List.of();
    finish.run();
    ending.forEach(reader -> reader.takeEnd(end));
  }
}
