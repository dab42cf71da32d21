package dev.holdfast.cli.inspect;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.function.Consumer;

/** The events of a recorded body by the view of the SSE standard. */
final class FrameLines {
  private static final int BLOCK = 16 << 10;
  private static final int MAX_BLOCK = 1 << 20;

  private final String file;
  private final Consumer<String> lines;
  private final SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
  private long count;

  private FrameLines(String file, Consumer<String> lines) {
    this.file = file;
    this.lines = lines;
  }

  /**
   * Hands on a line {@code {"file", "type", "data", "lastEventId"}} for each event, and a last one
   * {@code {"file", "retry", "frames"}}, which has an {@code error} too if the body breaks a limit.
   *
   * @param chunk how many bytes the decoder is fed at a time, at least 1
   * @throws IOException if the file cannot be read
   */
  static void of(Path path, String fileAsGiven, int chunk, Consumer<String> lines)
      throws IOException {
    new FrameLines(fileAsGiven, lines).read(path, chunk);
  }

  private void read(Path path, int chunk) throws IOException {
    String error = "";
    try (InputStream in = Files.newInputStream(path)) {
      // Larger chunks than a block are fed a block at a time: the frames are the same.
      byte[] block = new byte[Math.clamp(chunk, BLOCK, MAX_BLOCK)];
      for (int got = in.readNBytes(block, 0, block.length);
          got > 0;
          got = in.readNBytes(block, 0, block.length)) {
        int step = Math.min(chunk, block.length);
        for (int at = 0; at < got; at += step) {
          decoder.feed(ByteBuffer.wrap(block, at, Math.min(step, got - at)));
          drain();
        }
      }
      decoder.endOfInput();
      drain();
    } catch (FrameLimitException e) {
      error = String.valueOf(e.getMessage());
    }
    var last = new LinkedHashMap<String, Json>();
    long retry = decoder.retryMillis();
    last.put("file", new Json.Str(file));
    last.put("retry", retry < 0 ? Json.Null.VALUE : Json.of(retry));
    last.put("frames", Json.of(count));
    if (!error.isEmpty()) {
      last.put("error", new Json.Str(error));
    }
    lines.accept(new Json.Obj(last).write());
  }

  private void drain() {
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      if (frame.kind() == Frame.Kind.EVENT && !frame.unterminated()) {
        count++;
        lines.accept(line(frame));
      }
    }
  }

  private String line(Frame frame) {
    var members = new LinkedHashMap<String, Json>();
    members.put("file", new Json.Str(file));
    members.put("type", new Json.Str(frame.type()));
    members.put("data", new Json.Str(frame.data()));
    members.put("lastEventId", new Json.Str(frame.lastEventId()));
    return new Json.Obj(members).write();
  }
}
