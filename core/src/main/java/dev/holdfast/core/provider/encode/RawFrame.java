package dev.holdfast.core.provider.encode;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.JsonArrayDecoder;
import dev.holdfast.core.frame.LineDecoder;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Looks into the bytes of whole frames that pass by. Parses only where it must. */
final class RawFrame {
  private static final byte[] EVENT = bytes("event:");
  private static final byte[] DATA = bytes("data:");
  private static final byte[] TYPE = bytes("{\"type\":");
  private static final byte[] DELTA = bytes("delta");
  private static final int MAX_TYPE = 96;

  private RawFrame() {}

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * {@return the type of a server-sent event of a protocol that names its events; empty for a
   * delta, a comment, or what has none} Most frames are deltas, which the first bytes show.
   */
  static String type(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && (bytes[at] == '\n' || bytes[at] == '\r')) {
      at++;
    }
    if (startsWith(bytes, at, to, EVENT)) {
      return word(bytes, at + EVENT.length, to);
    }
    if (startsWith(bytes, at, to, DATA)) {
      int value = skipSpaces(bytes, at + DATA.length, to);
      if (startsWith(bytes, value, to, TYPE)) {
        int quote = skipSpaces(bytes, value + TYPE.length, to);
        if (quote < to && bytes[quote] == '"') {
          return word(bytes, quote + 1, to);
        }
      }
    }
    var json = json(bytes, from, to);
    String type = json == null ? "" : json.text("type");
    return type.endsWith("delta") ? "" : type;
  }

  private static String word(byte[] bytes, int from, int to) {
    int start = skipSpaces(bytes, from, to);
    int end = start;
    while (end < to
        && end - start < MAX_TYPE
        && (bytes[end] > ' ' && bytes[end] != '"' && bytes[end] != ',')) {
      end++;
    }
    if (end - start >= DELTA.length && startsWith(bytes, end - DELTA.length, end, DELTA)) {
      return "";
    }
    return new String(bytes, start, end - start, StandardCharsets.UTF_8);
  }

  private static int skipSpaces(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] == ' ') {
      at++;
    }
    return at;
  }

  private static boolean startsWith(byte[] bytes, int from, int to, byte[] prefix) {
    if (to - from < prefix.length) {
      return false;
    }
    for (int i = 0; i < prefix.length; i++) {
      if (bytes[from + i] != prefix[i]) {
        return false;
      }
    }
    return true;
  }

  /** {@return how many lines of data a block has; empty ones do not count} */
  static int dataLines(byte[] bytes, int from, int to) {
    int lines = 0;
    for (int at = from; at < to; at = LineEnds.find(bytes, at, to) + 1) {
      if (bytes[at] == 'd' && startsWith(bytes, at, to, DATA)) {
        int value = skipSpaces(bytes, at + DATA.length, to);
        lines += value < to && bytes[value] != '\n' && bytes[value] != '\r' ? 1 : 0;
      }
    }
    return lines;
  }

  /** {@return whether a block names its event} */
  static boolean isNamed(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at = LineEnds.find(bytes, at, to) + 1) {
      if (bytes[at] == 'e' && startsWith(bytes, at, to, EVENT)) {
        return true;
      }
    }
    return false;
  }

  /** {@return the document of a server-sent event; null if it has none} */
  static Json.@Nullable Obj json(byte[] bytes, int from, int to) {
    return json(new SseDecoder(FrameLimits.DEFAULT), bytes, from, to);
  }

  /** {@return the document of a line; null if it has none} */
  static Json.@Nullable Obj line(byte[] bytes, int from, int to) {
    return json(new LineDecoder(FrameLimits.DEFAULT), bytes, from, to);
  }

  /** {@return the document of an array's element; null if it has none} */
  static Json.@Nullable Obj element(byte[] bytes, int from, int to) {
    return json(new JsonArrayDecoder(FrameLimits.DEFAULT), bytes, from, to);
  }

  /** {@return the documents of several events, in order; others are passed over} */
  static List<Json.Obj> all(byte[] bytes, int from, int to) {
    return all(new SseDecoder(FrameLimits.DEFAULT), bytes, from, to);
  }

  /** {@return the documents of several frames, in order; others are passed over} */
  static List<Json.Obj> all(FrameDecoder decoder, byte[] bytes, int from, int to) {
    var documents = new ArrayList<Json.Obj>();
    try {
      decoder.feed(ByteBuffer.wrap(bytes, from, to - from));
      for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
        String data = frame.data();
        var json = frame.kind() == Frame.Kind.EVENT ? object(data) : null;
        if (json != null) {
          documents.add(json);
        }
      }
    } catch (FrameLimitException e) {
      return documents;
    }
    return documents;
  }

  /** {@return the object in a text; null if it is none} A marker is known without being parsed. */
  private static Json.@Nullable Obj object(String data) {
    if (data.startsWith("[DONE]")) {
      return null;
    }
    try {
      return Json.parse(data) instanceof Json.Obj json ? json : null;
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  /** {@return whether a frame that the body ended in holds a whole document, or the marker} */
  static boolean isWholeAtEnd(FrameDecoder decoder, byte[] bytes, int from, int to) {
    try {
      decoder.feed(ByteBuffer.wrap(bytes, from, to - from));
      boolean whole = false;
      for (boolean ended = false; ; ended = true) {
        for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
          String data = frame.data();
          whole = isWhole(data) || data.lines().allMatch(RawFrame::isWhole);
        }
        if (ended) {
          return whole;
        }
        decoder.endOfInput();
      }
    } catch (FrameLimitException e) {
      return false;
    }
  }

  private static boolean isWhole(String data) {
    return Json.isValid(data) || data.strip().equals("[DONE]");
  }

  private static Json.@Nullable Obj json(FrameDecoder decoder, byte[] bytes, int from, int to) {
    try {
      decoder.feed(ByteBuffer.wrap(bytes, from, to - from));
      for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
        if (frame.kind() == Frame.Kind.EVENT && Json.parse(frame.data()) instanceof Json.Obj json) {
          return json;
        }
      }
    } catch (FrameLimitException | Json.MalformedException e) {
      return null; // Its reader has judged it; nothing is learnt from it.
    }
    return null;
  }
}
