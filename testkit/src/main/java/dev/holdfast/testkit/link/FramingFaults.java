package dev.holdfast.testkit.link;

import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.http.HttpResponseWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/** Works in the faults of what carries the events: head, chunks, lengths, compression. */
final class FramingFaults {
  /** No hexadecimal digit is among them. */
  private static final String NO_SIZE = "xyz\r\n";

  private FramingFaults() {}

  static void work(Fault.CutHead fault, StepList program) {
    byte[] head = HttpResponseWriter.headBytes(program.head(), true, true);
    byte[] part = Arrays.copyOf(head, Math.min(fault.bytes(), head.length - 1));
    program.endAt(0, new Step.Mark(fault), ending(fault.by(), part));
  }

  static void work(Fault.CutChunkSize fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0) {
      int next = program.nextEvent(index, event -> true);
      int length = next < 0 ? 16 : ((Step.Event) program.step(next)).bytes().length;
      String size = Integer.toHexString(length);
      // At least one digit is there, and the end of the line is not.
      byte[] part = ascii(size.substring(0, Math.max(1, size.length() - 1)));
      program.endAt(index, new Step.Mark(fault), ending(fault.by(), part));
    }
  }

  static void work(Fault.CutTool fault, StepList program) {
    int index = -1;
    int whole = 0;
    for (int i = program.nextEvent(0, FramingFaults::isTool);
        i >= 0 && whole <= fault.pieces();
        i = program.nextEvent(i + 1, FramingFaults::isTool)) {
      index = i;
      whole++;
    }
    if (index >= 0) {
      byte[] event = ((Step.Event) program.step(index)).bytes();
      var half = new Step.Piece(Arrays.copyOf(event, event.length / 2));
      program.endAt(index, new Step.Mark(fault), half, ending(fault.by(), new byte[0]));
    }
  }

  private static boolean isTool(Step.Event event) {
    return event.kind() == WireFrame.Kind.TOOL;
  }

  static void work(Fault.ShortBody fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0) {
      String promised = Long.toString(program.bytesBefore(index) + fault.missing());
      program.head(with(program.head(), "content-length", promised));
      program.delimitByClose();
      program.endAt(index, new Step.Mark(fault), new Step.Fin());
    }
  }

  static void work(Fault.BadChunk fault, StepList program) {
    int index = program.find(fault.at());
    if (index >= 0) {
      program.endAt(index, new Step.Mark(fault), new Step.Fin(ascii(NO_SIZE)));
    }
  }

  /** Skips bodies that no memory should hold. */
  static void compress(Fault fault, StepList program) {
    var body = new ByteArrayOutputStream();
    int head = program.first(Step.Head.class);
    int end = program.first(Step.End.class);
    if (head < 0 || end < head) {
      return;
    }
    for (Step step : program.steps().subList(head, end)) {
      switch (step) {
        case Step.Event(var kind, byte[] bytes) -> body.writeBytes(bytes);
        case Step.Piece(byte[] bytes) -> body.writeBytes(bytes);
        case Step.Head ours -> {}
        case Step.Mark mark -> {}
        case Step.Wait late -> {}
        case Step.Fill fill -> {
          return;
        }
        case Step.KeepAlives pings -> {
          return;
        }
        case Step.End ours -> {}
        case Step.Fin cut -> {}
        case Step.Rst cut -> {}
      }
    }
    byte[] packed = gzip(body.toByteArray());
    int half = packed.length / 2;
    if (fault instanceof Fault.GzipCut) {
      packed = Arrays.copyOf(packed, half);
    } else if (fault instanceof Fault.GzipCorrupt) {
      packed[half] ^= 0x55;
    }
    program.head(with(program.head(), "content-encoding", "gzip"));
    program.endAt(head + 1, new Step.Mark(fault), new Step.Piece(packed), new Step.End());
  }

  private static byte[] gzip(byte[] plain) {
    var packed = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(packed)) {
      out.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return packed.toByteArray();
  }

  private static Step ending(Fault.Ending by, byte[] raw) {
    return switch (by) {
      case FIN -> new Step.Fin(raw);
      case RST -> new Step.Rst(raw);
    };
  }

  private static ResponseHead with(ResponseHead head, String name, String value) {
    var headers = new TreeMap<>(head.headers());
    headers.put(name, List.of(value));
    return new ResponseHead(head.status(), headers);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
