package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.amazon.BedrockConverseReader;
import dev.holdfast.core.provider.anthropic.AnthropicMessagesReader;
import dev.holdfast.core.provider.openai.OpenAiChatReader;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.stream.StreamEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Response bodies for tests: where they are, and how to feed them. */
public final class Wire {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "."));

  private Wire() {}

  /**
   * A body on disk.
   *
   * @param dialect its protocol
   */
  public record Body(String dialect, Path path) {
    public byte[] bytes() {
      try {
        return Files.readAllBytes(path);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String toString() {
      return dialect + "/" + path.getFileName();
    }
  }

  /** {@return the synthetic bodies, one per quirk} */
  public static List<Body> fixtures() {
    var bodies = new ArrayList<Body>();
    for (var id : Dialects.ids()) {
      try (Stream<Path> files = Files.list(ROOT.resolve("fixtures/dialect").resolve(id))) {
        files
            .filter(file -> !file.toString().endsWith(".json"))
            .sorted()
            .forEach(file -> bodies.add(new Body(id, file)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return bodies;
  }

  /** {@return where the real recordings are, if this machine has them} */
  public static Path recordings() {
    return Path.of(System.getProperty("holdfast.shared", ROOT.resolve("../shared").toString()))
        .resolve("recordings");
  }

  /** {@return the real recordings, none if this machine has none} */
  public static List<Body> allRecordings() throws Exception {
    if (!Files.isDirectory(recordings())) {
      return List.of();
    }
    var bodies = new ArrayList<Body>();
    var index = (Json.Arr) Json.parse(Files.readString(recordings().resolve("index.json")));
    for (var item : index.items()) {
      var entry = (Json.Obj) item;
      if (Dialects.ids().contains(entry.text("protocol"))) {
        bodies.add(new Body(entry.text("protocol"), recordings().resolve(entry.text("path"))));
      }
    }
    return bodies;
  }

  /**
   * Feeds bytes to a decoder and its frames to {@code frames}.
   *
   * @param chunk bytes at a time
   * @param ends whether the body ends after them
   */
  public static void feed(
      byte[] bytes, int length, int chunk, boolean ends, Consumer<Frame> frames) {
    feed("openai-chat", bytes, length, chunk, ends, frames);
  }

  /** As above, framed as {@code dialect} is. */
  public static void feed(
      String dialect, byte[] bytes, int length, int chunk, boolean ends, Consumer<Frame> frames) {
    var decoder = Dialects.byId(dialect).newDecoder(FrameLimits.DEFAULT);
    for (int at = 0; at < length; at += chunk) {
      decoder.feed(ByteBuffer.wrap(bytes, at, Math.min(chunk, length - at)));
      drain(decoder, frames);
    }
    if (ends) {
      decoder.endOfInput();
      drain(decoder, frames);
    }
  }

  private static void drain(FrameDecoder decoder, Consumer<Frame> frames) {
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      frames.accept(frame);
    }
  }

  /**
   * What a reader made of a body.
   *
   * @param proof the final proof
   */
  public record Reading(List<StreamEvent> events, Proof proof) {}

  public static Reading read(DialectReader reader, byte[] bytes, int length, int chunk) {
    return read("openai-chat", reader, bytes, length, chunk);
  }

  /** As above, framed as {@code dialect} is. */
  public static Reading read(
      String dialect, DialectReader reader, byte[] bytes, int length, int chunk) {
    var events = new ArrayList<StreamEvent>();
    feed(dialect, bytes, length, chunk, true, frame -> reader.read(frame, events::add));
    return new Reading(events, reader.end(events::add));
  }

  public static Reading read(DialectReader reader, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return read(reader, bytes, bytes.length, Math.max(1, bytes.length));
  }

  public static DialectReader reader(String dialect) {
    return Dialects.byId(dialect).newReader(CompletionPolicy.STRICT);
  }

  /** {@return a reader that parses every frame} */
  public static DialectReader plainReader(String dialect) {
    return plain(reader(dialect));
  }

  /** {@return a reader that parses every frame, made of one that has read none} */
  static DialectReader plain(DialectReader made) {
    return switch (made) {
      case OpenAiChatReader reader -> reader.withoutShortcut();
      case AnthropicMessagesReader reader -> reader.withoutShortcut();
      case BedrockConverseReader reader -> reader.withoutShortcut();
      case DocumentReader reader -> reader.withoutShortcut();
      case DialectReader reader -> reader;
    };
  }
}
