package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.SharedJournal;
import dev.holdfast.core.spi.StoredEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Optional;

/** Reads whole streams. */
final class StoredContent {
  private static final int PAGE_BYTES = 1 << 20;

  private StoredContent() {}

  /**
   * {@return what is stored of a stream; empty if it cannot be read}
   *
   * @throws UncheckedIOException if a journal that is shared cannot be reached
   */
  static Optional<StreamStore.Stored> read(Journal journal, JournalStream stream) {
    var metadata = StreamMetadata.of(stream.metadata());
    String identity = metadata == null ? "" : HexFormat.of().formatHex(metadata.identity());
    boolean keyed = metadata != null && metadata.keyed();
    var request = new ByteArrayOutputStream();
    StoredHead head = null;
    var body = new ArrayList<byte[]>();
    var at = JournalOffset.START;
    while (true) {
      var read = journal.read(stream.id(), at, PAGE_BYTES);
      if (!(read instanceof JournalRead.Page page)) {
        if (journal instanceof SharedJournal
            && read instanceof JournalRead.Refused refused
            && refused.refusal().reason() == JournalRefusal.Reason.STORAGE) {
          throw new UncheckedIOException(new IOException(refused.refusal().detail()));
        }
        return Optional.empty();
      }
      for (StoredEntry stored : page.entries()) {
        var payload = stored.entry().payload();
        switch (stored.entry().type()) {
          case EntryType.REQUEST -> request.writeBytes(bytes(payload));
          case EntryType.HEAD -> head = StoredHead.of(payload);
          case EntryType.OPENING -> {}
          default -> body.add(bytes(payload));
        }
      }
      at = page.next();
      if (page.atTail()) {
        var asked =
            request.size() == 0 ? null : StoredRequest.of(ByteBuffer.wrap(request.toByteArray()));
        return Optional.of(new StreamStore.Stored(identity, keyed, asked, head, body, at));
      }
    }
  }

  private static byte[] bytes(ByteBuffer payload) {
    byte[] bytes = new byte[payload.remaining()];
    payload.get(bytes);
    return bytes;
  }
}
