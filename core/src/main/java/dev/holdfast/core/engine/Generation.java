package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Cursor;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.Finish;
import java.nio.ByteBuffer;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One answer of a model, over all the attempts that bring a part of it: mostly one, more where the
 * provider keeps it and hands out the rest.
 */
final class Generation {
  /** Number of the attempt that began it. */
  final int number;

  /** Whether it began where the answer begins. */
  final boolean fromTheStart;

  final DialectReader reader;
  final HeldToolCalls toolCalls = new HeldToolCalls();
  final SortedMap<Integer, Finish> finishes = new TreeMap<>();

  /** Under which name the provider keeps its bytes; null where it counts events. */
  private final @Nullable String name;

  private long bytes;

  /** Bytes up to the end of the last frame that was whole. */
  private long whole;

  private int lineBytes = 1;

  /** Whether it failed at the provider: there is no rest of it. */
  boolean dead;

  Generation(int number, boolean fromTheStart, DialectReader reader, @Nullable String name) {
    this.number = number;
    this.fromTheStart = fromTheStart;
    this.reader = reader;
    this.name = name;
  }

  /** {@return where its rest can be had, or null} */
  @Nullable Cursor cursor() {
    if (dead) {
      return null;
    }
    return name == null ? reader.cursor() : new Cursor(name, Long.toString(whole));
  }

  /** Bytes of its body have come: a blank line ends a frame. */
  void received(ByteBuffer chunk) {
    if (name == null) {
      return;
    }
    for (int i = chunk.position(); i < chunk.limit(); i++) {
      bytes++;
      switch (chunk.get(i)) {
        case '\n' -> {
          whole = lineBytes == 0 ? bytes : whole;
          lineBytes = 0;
        }
        case '\r' -> {}
        default -> lineBytes++;
      }
    }
  }

  /** A frame was read that said something: one that the body ended in need not come again. */
  void read(Frame frame) {
    if (frame.unterminated()) {
      whole = bytes;
    }
  }

  /** Its rest comes in another body. */
  void resumed() {
    bytes = whole;
    lineBytes = 1;
    reader.resumed();
  }
}
