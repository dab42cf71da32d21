package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.journal.file.JournalFile;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.PayloadCipher;
import dev.holdfast.journal.format.SegmentHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a shard accepted. One thread at a time calls it. After a failed write or sync the
 * segment is left for a new one, whose header notes how much of the old one counts.
 */
final class ShardWriter {
  private final LogSettings settings;
  private final ShardStreams streams;
  private final RecentBytes recent;
  private final String directory;
  private final int shard;
  private final RecordEncoder encoder;
  private final Sealer sealer;

  /** Ends and removals that a failed storage did not take; they go first when it works again. */
  private List<Op> owed = new ArrayList<>();

  /** Ends of the streams that a failed sync has cut; owed from then on. */
  private final List<Op> cut = new ArrayList<>();

  /** Files of segments that never counted; with an older name than a missing one, they mislead. */
  private final List<String> leftovers = new ArrayList<>();

  /** Some of them were removed, and may be back after a power failure. */
  private boolean removedUnsynced;

  /** What a receipt threw last; not a fault of the storage. */
  private @Nullable Error thrown;

  private @Nullable Segment active;
  private long nextNumber;
  private long lastMillis;

  ShardWriter(
      LogSettings settings,
      ShardStreams streams,
      RecentBytes recent,
      String directory,
      int shard,
      long nextNumber,
      long lastMillis) {
    this.settings = settings;
    this.streams = streams;
    this.recent = recent;
    this.directory = directory;
    this.shard = shard;
    this.nextNumber = nextNumber;
    this.lastMillis = lastMillis;
    encoder = new RecordEncoder(settings.content());
    sealer = new Sealer(settings, streams.lock);
  }

  /** {@return whether anything waited} Stores what waits, then reports it. */
  boolean commit() {
    return commit(streams.take());
  }

  /** Tries again to write what is owed since a failure. */
  void retry() {
    if (!owed.isEmpty()) {
      commit(List.of());
    }
  }

  private boolean commit(List<Op> taken) {
    var ops = admitted(taken);
    if (ops.isEmpty()) {
      return !taken.isEmpty();
    }
    try {
      var segment = store(ops);
      owed = new ArrayList<>();
      publish(ops, segment);
    } catch (IOException e) {
      abandon();
      fail(ops, e);
    }
    sealer.wake();
    return true;
  }

  /** {@return what is owed, then what is taken; not what belongs to a stream that failed since} */
  private List<Op> admitted(List<Op> taken) {
    var ops = new ArrayList<Op>(owed.size() + taken.size());
    ops.addAll(owed);
    var refused = new ArrayList<Op>();
    streams.lock.lock();
    try {
      for (Op op : taken) {
        boolean lost = op.stream.failed && op.kind != Layout.KIND_DELETE;
        if (lost) {
          streams.done(op);
        }
        (lost ? refused : ops).add(op);
      }
    } finally {
      streams.lock.unlock();
    }
    var refusal = new JournalRefusal(Reason.STORAGE, "an earlier batch of the stream was lost");
    refused.forEach(op -> report(() -> op.receipt.onRefused(refusal)));
    return ops;
  }

  private Segment store(List<Op> ops) throws IOException {
    if (active != null && active.end >= settings.segmentBytes()) {
      roll();
    }
    if (active == null) {
      active = open();
    }
    var segment = active;
    lastMillis = Math.max(lastMillis, streams.now());
    var bytes = encoder.encode(ops, segment, lastMillis);
    segment.file.write(bytes.duplicate(), segment.end);
    if (settings.syncEvery()) {
      segment.syncedTo(segment.end + bytes.remaining());
    }
    recent.add(segment.head.number(), segment.end, bytes);
    settings.bytes().addAndGet(bytes.remaining());
    publishedEnd = segment.end + bytes.remaining();
    return segment;
  }

  private long publishedEnd;

  /** Makes stored operations visible, then reports them and wakes readers. */
  private void publish(List<Op> ops, Segment segment) {
    var wake = new ArrayList<Follow>();
    streams.lock.lock();
    try {
      segment.end = publishedEnd;
      segment.length = publishedEnd;
      for (Op op : ops) {
        apply(op, segment);
        if (!op.stream.followers.isEmpty()) {
          wake.addAll(op.stream.followers);
        }
      }
    } finally {
      streams.lock.unlock();
    }
    ops.forEach(op -> report(() -> op.receipt.onStored(op.tail)));
    wake.forEach(Follow::wake);
  }

  private void apply(Op op, Segment segment) {
    var state = op.stream;
    var head = Objects.requireNonNull(op.head);
    var span = state.newestSpan;
    if (span != null && segment.equals(state.newestSegment)) {
      segment.add(span, head, op.position);
    } else {
      span = segment.add(head, op.position);
      state.newestSegment = segment;
      state.newestSpan = span;
      state.parts.add(new StreamState.Part(segment, span));
      segment.live += state.dead ? 0 : 1;
    }
    switch (op.kind) {
      case Layout.KIND_CREATE -> state.created = true;
      case Layout.KIND_BATCH -> {
        state.stored += op.entries.size();
        state.tailEpoch = op.entries.isEmpty() ? state.tailEpoch : op.epoch;
        state.bytes += head.length();
        if (state.end == null) {
          state.end = op.end;
        }
      }
      default -> {
        // Fences and removals count since they were accepted.
      }
    }
    state.usedMillis = Math.max(state.usedMillis, lastMillis);
    state.writtenUseMillis = Math.max(state.writtenUseMillis, lastMillis);
    op.tail = state.tail();
    if (!op.receipt.equals(Op.NO_RECEIPT)) {
      streams.done(op);
    }
  }

  /** Refuses what was not stored, and ends its streams. */
  private void fail(List<Op> ops, IOException cause) {
    var refusal = refusalOf(cause);
    var left = new ArrayList<Op>();
    var wake = new ArrayList<Follow>();
    streams.lock.lock();
    try {
      for (Op op : ops) {
        if (op.receipt.equals(Op.NO_RECEIPT)) {
          left.add(op);
          continue;
        }
        streams.done(op);
        giveUp(op, refusal, left);
        wake.addAll(op.stream.followers);
      }
    } finally {
      streams.lock.unlock();
    }
    left.addAll(cut);
    cut.clear();
    owed = left;
    for (Op op : ops) {
      report(() -> op.receipt.onRefused(refusal));
    }
    wake.forEach(Follow::wake);
  }

  /** Calls a receipt. One that throws must not keep the others from theirs, nor end the thread. */
  private void report(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      // The caller's own fault; its operation is stored or refused all the same.
    } catch (Error e) {
      thrown = e;
    }
  }

  /** {@return the error that a receipt threw since the last call; null for none} */
  @Nullable Error takeThrown() {
    var error = thrown;
    thrown = null;
    return error;
  }

  private void giveUp(Op op, JournalRefusal refusal, List<Op> left) {
    var state = op.stream;
    switch (op.kind) {
      case Layout.KIND_CREATE -> {
        state.failed = true;
        streams.kill(state);
      }
      case Layout.KIND_DELETE -> left.add(Op.plain(op.kind, state, op.epoch, Op.NO_RECEIPT));
      case Layout.KIND_TOUCH -> {
        // It counts in memory.
      }
      default -> {
        if (!state.failed && state.created && state.end == null) {
          boolean onlyEnd = op.entries.isEmpty() && op.end != null;
          var end =
              onlyEnd && op.end != null
                  ? op.end
                  : new JournalEnd(JournalEnd.Kind.FAILED, "journal: " + refusal.detail());
          streams.fail(state, end);
          left.add(Op.ending(state, end));
        }
      }
    }
  }

  private static JournalRefusal refusalOf(IOException cause) {
    String message = Optional.ofNullable(cause.getMessage()).orElse("no reason was given");
    String lower = message.toLowerCase(Locale.ROOT);
    boolean full =
        lower.contains("no space left")
            || lower.contains("quota")
            || lower.contains("not enough space");
    return full
        ? new JournalRefusal(Reason.FULL, "storage: must have space, had none left")
        : new JournalRefusal(Reason.STORAGE, "storage: must work, failed");
  }

  /** {@return the segment that has bytes which are not synced; null if there is none} */
  @Nullable Segment unsynced() {
    var segment = active;
    return segment == null || segment.synced == segment.end ? null : segment;
  }

  /** A sync of this segment has failed. */
  void syncFailed(Segment segment) {
    if (segment.equals(active)) {
      abandonAndOwe();
    }
    // Else what followed the sync has noticed it, and has ended what was lost.
  }

  /** After a failure outside of a commit. */
  private void abandonAndOwe() {
    abandon();
    owed.addAll(cut);
    cut.clear();
  }

  /** Ends the streams of which reported entries may be lost with a failed sync. */
  private void loseUnsynced(Segment segment) {
    var end = new JournalEnd(JournalEnd.Kind.FAILED, "journal: storage: must work, failed");
    var wake = new ArrayList<Follow>();
    streams.lock.lock();
    try {
      for (var state : List.copyOf(streams.streams.values())) {
        var newest = state.parts.isEmpty() ? null : state.parts.getLast();
        if (newest != null
            && newest.segment().equals(segment)
            && newest.span().last >= segment.synced
            && state.end == null) {
          streams.fail(state, end);
          cut.add(Op.ending(state, end));
          wake.addAll(state.followers);
        }
      }
    } finally {
      streams.lock.unlock();
    }
    wake.forEach(Follow::wake);
  }

  /** Seals the segment if it is old enough, so that it can be removed one day. */
  void rollIfOld() {
    var segment = active;
    if (segment == null || streams.now() - segment.head.millis() < settings.segmentMillis()) {
      return;
    }
    try {
      roll();
    } catch (IOException e) {
      abandonAndOwe();
    }
    sealer.wake();
  }

  /** Seals the segment, and waits for the footers of all. */
  void seal() throws IOException {
    try {
      roll();
    } finally {
      sealer.run();
    }
  }

  /** Adds nothing more to the segment: its index becomes a footer. */
  private void roll() throws IOException {
    var segment = active;
    if (segment == null) {
      return;
    }
    if (segment.synced < segment.end) {
      segment.syncedTo(segment.end);
      if (segment.synced < segment.end) {
        throw new IOException("storage: must sync, failed beside this commit");
      }
    }
    active = null;
    sealer.add(segment, lastMillis);
  }

  /** Leaves the segment as it is; frees what counts no more, as far as the storage lets it. */
  private void abandon() {
    var segment = active;
    active = null;
    if (segment == null) {
      return;
    }
    try {
      segment.file.truncate(segment.end);
    } catch (IOException e) {
      // The next segment's header notes where this one ends.
    }
    try {
      if (segment.synced < segment.end) {
        segment.syncIfTrusted(segment.end);
      }
    } catch (IOException e) {
      // The streams that lose entries by it end.
    }
    if (segment.synced < segment.end) {
      loseUnsynced(segment);
    }
    streams.lock.lock();
    try {
      segment.seal();
      if (segment.end == Layout.SEGMENT_HEAD) {
        streams.segments.remove(segment);
      }
    } finally {
      streams.lock.unlock();
    }
    if (segment.end == Layout.SEGMENT_HEAD) {
      discard(segment.path, segment.file);
      settings.bytes().addAndGet(-segment.length);
    }
  }

  private void discard(String path, JournalFile file) {
    leftovers.add(path);
    try (file) {
      removeLeftovers();
    } catch (IOException e) {
      // Its successor does not refer to it, so recovery ignores it.
    }
  }

  /** Removes what {@link #discard} left; not durably. */
  private void removeLeftovers() throws IOException {
    while (!leftovers.isEmpty()) {
      settings.files().delete(leftovers.getLast());
      leftovers.removeLast();
      removedUnsynced = true;
    }
  }

  private Segment open() throws IOException {
    long number = nextNumber++;
    var previous = streams.segments.isEmpty() ? null : streams.segments.getLast();
    byte[] salt = new byte[32];
    settings.random().nextBytes(salt);
    var cipher = settings.key() == null ? null : new PayloadCipher(settings.key(), salt);
    var head =
        new SegmentHead(
            (cipher == null ? 0 : Layout.FLAG_ENCRYPTED)
                | (settings.content() ? 0 : Layout.FLAG_OMITTED),
            number,
            settings.random().nextInt(),
            shard,
            Math.max(lastMillis, streams.now()),
            previous == null ? 0 : previous.head.number(),
            previous == null ? 0 : Math.min(previous.end, previous.synced),
            salt,
            cipher == null ? 0 : cipher.check());
    String path = SegmentNames.path(directory, number);
    var file = settings.files().create(path);
    try {
      ByteBuffer bytes = head.bytes();
      file.write(bytes, 0);
      file.sync();
      settings.files().syncDirectory(directory);
    } catch (IOException e) {
      discard(path, file);
      throw e;
    }
    var segment = new Segment(path, head, file, cipher);
    streams.lock.lock();
    try {
      streams.segments.add(segment);
    } finally {
      streams.lock.unlock();
    }
    settings.bytes().addAndGet(Layout.SEGMENT_HEAD);
    return segment;
  }

  /** {@return how many} Removes the oldest segments of which nothing can be read. */
  int unlink() {
    int removed = 0;
    try {
      removeLeftovers();
      if (removedUnsynced) {
        settings.files().syncDirectory(directory);
        removedUnsynced = false;
      }
    } catch (IOException e) {
      return removed;
    }
    while (true) {
      Segment oldest;
      streams.lock.lock();
      try {
        oldest = streams.segments.isEmpty() ? null : streams.segments.getFirst();
        if (oldest == null || !oldest.sealed || oldest.live > 0) {
          return removed;
        }
      } finally {
        streams.lock.unlock();
      }
      try {
        // One after the other, each durably: a younger one must not be gone before an older one.
        settings.files().delete(oldest.path);
        settings.files().syncDirectory(directory);
      } catch (IOException e) {
        return removed;
      }
      streams.lock.lock();
      try {
        streams.segments.remove(oldest);
      } finally {
        streams.lock.unlock();
      }
      try {
        oldest.file.close();
      } catch (IOException e) {
        // It is gone already.
      }
      settings.bytes().addAndGet(-oldest.length);
      removed++;
    }
  }
}
