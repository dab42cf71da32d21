package dev.holdfast.client;

import dev.holdfast.core.stream.StreamEvent;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What was handed to the consumer of choice 0, in sinks. Written under the driver's lock; read only
 * once the stream has ended.
 */
final class DeliveredText {
  private final int memoryLimit;
  private final Channel text;
  private final Channel reasoning;
  private final Channel refusal;

  /**
   * Empty at first.
   *
   * @param sink makes the sink of the visible text; null for a {@link SpillingSink}, as the rest
   *     has
   * @param memoryLimit the longest text, in UTF-16 units, that is given out as a string
   */
  DeliveredText(@Nullable Supplier<? extends TextSink> sink, int memoryLimit) {
    this(sink, memoryLimit, "");
  }

  /**
   * Empty at first, for a machine that keeps the text as well. Without a sink of the caller's it is
   * kept once.
   *
   * @param machine what the machine has delivered from the start on: at least what was handed out,
   *     or nothing more once it has grown too long
   */
  DeliveredText(
      @Nullable Supplier<? extends TextSink> sink, int memoryLimit, CharSequence machine) {
    this.memoryLimit = memoryLimit;
    text = new Channel(sink, sink == null ? machine : "");
    reasoning = new Channel(null, "");
    refusal = new Channel(null, "");
  }

  /** Keeps an event's text, if it is of choice 0. */
  void take(StreamEvent event) throws IOException {
    // The ending reports everything else.
    if (event instanceof StreamEvent.TextDelta(int choice, String more) && choice == 0) {
      text.append(more);
    } else if (event instanceof StreamEvent.ReasoningDelta(int choice, String more)
        && choice == 0) {
      reasoning.append(more);
    } else if (event instanceof StreamEvent.RefusalDelta(int choice, String more) && choice == 0) {
      refusal.append(more);
    }
  }

  void finish() throws IOException {
    text.finish();
    reasoning.finish();
    refusal.finish();
  }

  /** {@return whether closing it would release nothing} */
  boolean isInMemory() {
    return text.isInMemory() && reasoning.isInMemory() && refusal.isInMemory();
  }

  void close() {
    text.close();
    reasoning.close();
    refusal.close();
  }

  String text() {
    return text.whole("text");
  }

  Reader textReader() {
    return text.reader();
  }

  String reasoning() {
    return reasoning.whole("reasoning");
  }

  String refusal() {
    return refusal.whole("refusal");
  }

  /** {@return the text, cut at the memory limit; empty if it cannot be read any more} */
  String partialText() {
    try {
      return text.read(memoryLimit);
    } catch (IOException e) {
      return ""; // Written for an exception that reports a failure of its own.
    }
  }

  /** One sink and how much it took. */
  private final class Channel {
    private final @Nullable Supplier<? extends TextSink> source;

    /** Begins with what was handed out, as long as there is no sink. */
    private CharSequence shared;

    private @Nullable TextSink sink;
    private long length;

    Channel(@Nullable Supplier<? extends TextSink> source, CharSequence shared) {
      this.source = source;
      this.shared = shared;
    }

    void append(String more) throws IOException {
      TextSink open = sink;
      if (open == null) {
        long whole = length + more.length();
        if (whole <= shared.length() && whole <= memoryLimit) {
          length = whole;
          return;
        }
        open = source == null ? new SpillingSink(memoryLimit, null) : source.get();
        if (length > 0) {
          open.append(kept(length));
        }
        sink = open;
        shared = "";
      }
      open.append(more);
      length += more.length();
    }

    private String kept(long most) {
      return shared.subSequence(0, (int) Math.min(length, most)).toString();
    }

    void finish() throws IOException {
      if (sink != null) {
        sink.finish();
      }
    }

    boolean isInMemory() {
      return sink == null || (sink instanceof SpillingSink spilling && spilling.isInMemory());
    }

    void close() {
      if (sink != null) {
        try {
          sink.close();
        } catch (RuntimeException e) {
          // The outcome has been reported, and the other sinks must still be closed.
        }
      }
    }

    String whole(String name) {
      if (length > memoryLimit) {
        throw new IllegalStateException(
            "%s: must be at most %d characters to be one string, was %d; use textReader()"
                .formatted(name, memoryLimit, length));
      }
      try {
        return read(memoryLimit);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    Reader reader() {
      try {
        return sink == null ? new StringReader(kept(length)) : sink.reader();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    String read(int most) throws IOException {
      if (sink == null) {
        return kept(most);
      }
      int wanted = (int) Math.min(length, most);
      var chars = new char[wanted];
      int filled = 0;
      try (Reader reader = sink.reader()) {
        while (filled < wanted) {
          int got = reader.read(chars, filled, wanted - filled);
          if (got < 0) {
            break;
          }
          filled += got;
        }
      }
      return new String(chars, 0, filled);
    }
  }
}
