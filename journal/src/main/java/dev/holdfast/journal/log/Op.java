package dev.holdfast.journal.log;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.PayloadCipher;
import dev.holdfast.journal.format.RecordHead;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One accepted operation on its way to the storage. */
final class Op {
  /** Reports to no caller: what is written late, after a failure. */
  static final Journal.Receipt NO_RECEIPT =
      new Journal.Receipt() {
        @Override
        public void onStored(JournalOffset tail) {}

        @Override
        public void onRefused(JournalRefusal refusal) {}
      };

  final int kind;
  final StreamState stream;
  final int epoch;
  final long sequence;
  final List<JournalEntry> entries;
  final @Nullable JournalEnd end;
  final Journal.Receipt receipt;

  /** An upper bound of what it takes in the file. */
  final int room;

  long position;

  /** As it was written. */
  @Nullable RecordHead head;

  JournalOffset tail = JournalOffset.START;

  Op(
      int kind,
      StreamState stream,
      int epoch,
      long sequence,
      List<JournalEntry> entries,
      @Nullable JournalEnd end,
      int payload,
      Journal.Receipt receipt) {
    this.kind = kind;
    this.stream = stream;
    this.epoch = epoch;
    this.sequence = sequence;
    this.entries = entries;
    this.end = end;
    this.receipt = receipt;
    room = Layout.RECORD_HEAD + payload + PayloadCipher.TAG;
  }

  /** An operation without entries. */
  static Op plain(int kind, StreamState stream, int epoch, Journal.Receipt receipt) {
    return new Op(kind, stream, epoch, stream.accepted, List.of(), null, 0, receipt);
  }

  /** The end of a stream that the journal itself ends, without a receipt. */
  static Op ending(StreamState stream, JournalEnd end) {
    int payload = 2 + 3 * end.detail().length();
    return new Op(
        Layout.KIND_BATCH,
        stream,
        stream.epoch,
        stream.stored,
        List.of(),
        end,
        payload,
        NO_RECEIPT);
  }

  /** The metadata of the stream that is created. */
  ByteBuffer metadata() {
    return stream.metadata().orElseGet(() -> ByteBuffer.allocate(0));
  }
}
