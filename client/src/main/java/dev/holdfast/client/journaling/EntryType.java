package dev.holdfast.client.journaling;

import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;

/** The types of a stream's entries. */
final class EntryType {
  /** One {@link StreamEvent}, as {@link EventCodec} writes it. */
  static final int EVENT = 1;

  /** The facts of the outcome, as {@link EndingCodec} writes them; the last entry. */
  static final int ENDING = 2;

  /**
   * The length of one event and the event, as {@link EventCodec} writes it; then what the machine
   * received before it delivered this event and not before the event of the last such entry, as
   * {@link InputCodec} writes it.
   */
  static final int INPUTS = 3;

  private EntryType() {}

  /**
   * What an entry with an event has.
   *
   * @param inputs may be empty
   */
  record Stored(StreamEvent event, ByteBuffer inputs) {
    /**
     * {@return the content of an entry of one of the two types with an event}
     *
     * @throws RuntimeException if it is another one, or was not written here
     */
    static Stored of(JournalEntry entry) {
      var payload = entry.payload();
      return switch (entry.type()) {
        case EVENT -> new Stored(EventCodec.read(payload), ByteBuffer.allocate(0));
        case INPUTS -> {
          int length = payload.getInt();
          var event = payload.slice(payload.position(), length);
          var inputs = payload.duplicate().position(payload.position() + length).slice();
          yield new Stored(EventCodec.read(event), inputs);
        }
        default -> throw new IllegalArgumentException("entry: must be an event, was another type");
      };
    }
  }

  /** {@return an entry with an event and what the machine received before it} */
  static JournalEntry withInputs(ByteBuffer event, byte[] inputs) {
    var payload = ByteBuffer.allocate(Integer.BYTES + event.remaining() + inputs.length);
    payload.putInt(event.remaining()).put(event.duplicate()).put(inputs).flip();
    return new JournalEntry(INPUTS, payload);
  }
}
