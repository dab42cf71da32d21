package dev.holdfast.cli.journal;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;

/** Streams and entries as lines. */
final class StreamLines {
  private static final String ROW = "%-32s  %-9s  %8s  %10s  %5s  %-24s  %s";

  private StreamLines() {}

  static String heading() {
    return ROW.formatted("stream", "state", "entries", "bytes", "epoch", "created", "expires");
  }

  static String row(JournalStream stream) {
    return ROW.formatted(
        stream.id(),
        state(stream),
        stream.tail().sequence(),
        stream.bytes(),
        stream.epoch(),
        time(stream.createdMillis()),
        time(stream.expiresMillis()));
  }

  private static String state(JournalStream stream) {
    return stream.end().map(end -> end.kind().name().toLowerCase(Locale.ROOT)).orElse("open");
  }

  private static String time(long millis) {
    return millis == Long.MAX_VALUE ? "never" : Instant.ofEpochMilli(millis).toString();
  }

  static JsonLine json(JournalStream stream) {
    var line =
        JsonLine.of("stream")
            .with("stream", stream.id().toString())
            .with("state", state(stream))
            .with("detail", stream.end().map(JournalEnd::detail).orElse(""))
            .with("entries", stream.tail().sequence())
            .with("bytes", stream.bytes())
            .with("epoch", stream.epoch())
            .with("created", time(stream.createdMillis()))
            .with("expires", time(stream.expiresMillis()));
    return payload(line, "metadata", stream.metadata());
  }

  static JsonLine json(StreamId id, StoredEntry stored) {
    var line =
        JsonLine.of("entry")
            .with("stream", id.toString())
            .with("offset", stored.offset().text(id))
            .with("time", time(stored.millis()))
            .with("type", stored.entry().type())
            .with("size", stored.entry().size());
    return payload(line, "payload", stored.entry().payload());
  }

  /** Adds bytes as text, or as base64 where they are none. */
  private static JsonLine payload(JsonLine line, String name, ByteBuffer bytes) {
    return text(bytes)
        .map(text -> line.with(name, text))
        .orElseGet(() -> {
          byte[] copy = new byte[bytes.remaining()];
          bytes.get(copy);
          return line.with(name + "_base64", Base64.getEncoder().encodeToString(copy));
        });
  }

  /** {@return an entry for people: where, when, and its first line} */
  static String row(StreamId id, StoredEntry stored) {
    String shown =
        text(stored.entry().payload())
            .map(SafeText::line)
            .orElse("(" + stored.entry().size() + " bytes that are no text)");
    return "%s  %s  %3d  %s"
        .formatted(stored.offset().text(id), time(stored.millis()), stored.entry().type(), shown);
  }

  private static Optional<String> text(ByteBuffer bytes) {
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate());
      return Optional.of(text.toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
