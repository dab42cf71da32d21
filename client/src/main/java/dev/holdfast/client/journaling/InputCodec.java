package dev.holdfast.client.journaling;

import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.json.JsonText;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Signals as bytes, and back. Each is its type, its time and its content. The availabilities that
 * the machine asked for follow it.
 */
final class InputCodec {
  private static final byte AVAILABILITY = 'A';
  private static final int RETRY_ALLOWED = 1;
  private static final int ANSWERED = 2;

  /** Headers that let a client in again; no machine reads them. */
  private static final Set<String> LEFT_OUT =
      Set.of("set-cookie", "set-cookie2", "authorization", "proxy-authorization", "cookie");

  private InputCodec() {}

  /**
   * One signal, as a machine received it.
   *
   * @param nanos since the stream began
   * @param availabilities of the upstreams that the machine asked about
   */
  record Input(Signal signal, long nanos, Map<Integer, Availability> availabilities) {}

  /** Gathers input. */
  static final class Writer {
    private ByteBuffer out = ByteBuffer.allocate(256);

    int size() {
      return out.position();
    }

    byte[] bytes() {
      return Arrays.copyOf(out.array(), out.position());
    }

    void write(Signal signal, long nanos) {
      switch (signal) {
        case Signal.Begin() -> begin('B', nanos, 0);
        case Signal.HeadersArrived(int attempt, var head, long millis) -> {
          byte[] headers = headers(head);
          begin('H', nanos, 4 + 4 + 8 + 4 + headers.length);
          out.putInt(attempt).putInt(head.status()).putLong(millis);
          out.putInt(headers.length).put(headers);
        }
        case Signal.BytesArrived(int attempt, var bytes) -> {
          begin('D', nanos, 4 + 4 + bytes.remaining());
          out.putInt(attempt).putInt(bytes.remaining()).put(bytes.duplicate());
        }
        case Signal.EndOfBody(int attempt) -> {
          begin('E', nanos, 4);
          out.putInt(attempt);
        }
        case Signal.Failed(int attempt, var failure) -> {
          byte[] json = JsonText.bytes(FactsCodec.failure(failure).object().write());
          begin('F', nanos, 4 + 4 + json.length);
          out.putInt(attempt).putInt(json.length).put(json);
        }
        case Signal.TimerFired() -> begin('T', nanos, 0);
        case Signal.Paused() -> begin('P', nanos, 0);
        case Signal.Demand() -> begin('R', nanos, 0);
        case Signal.Cancelled() -> begin('C', nanos, 0);
      }
    }

    void write(int upstream, Availability availability) {
      room(1 + 4 + 1 + 8);
      int flags =
          (availability.retryAllowed() ? RETRY_ALLOWED : 0)
              | (availability.answered() ? ANSWERED : 0);
      out.put(AVAILABILITY).putInt(upstream).put((byte) flags).putLong(availability.waitNanos());
    }

    private void begin(char type, long nanos, int more) {
      room(1 + 8 + more);
      out.put((byte) type).putLong(nanos);
    }

    private void room(int bytes) {
      if (out.remaining() < bytes) {
        var larger = ByteBuffer.allocate(Math.max(2 * out.capacity(), out.position() + bytes));
        out = larger.put(out.flip());
      }
    }

    private static byte[] headers(ResponseHead head) {
      var text = new StringBuilder();
      head.headers()
          .forEach((name, values) -> {
            if (!LEFT_OUT.contains(name)) {
              values.forEach(value -> text.append(name).append('\n').append(value).append('\n'));
            }
          });
      return text.toString().getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * {@return the input}
   *
   * @throws RuntimeException if it was not written here
   */
  static List<Input> read(ByteBuffer from) {
    var inputs = new ArrayList<Input>();
    while (from.hasRemaining()) {
      byte type = from.get();
      if (type == AVAILABILITY) {
        int upstream = from.getInt();
        int flags = from.get();
        long wait = from.getLong();
        inputs
            .getLast()
            .availabilities()
            .put(
                upstream,
                new Availability((flags & RETRY_ALLOWED) != 0, wait, (flags & ANSWERED) != 0));
      } else {
        long nanos = from.getLong();
        inputs.add(new Input(signal(type, from), nanos, new HashMap<>()));
      }
    }
    return inputs;
  }

  private static Signal signal(byte type, ByteBuffer from) {
    return switch (type) {
      case 'B' -> new Signal.Begin();
      case 'H' -> {
        int attempt = from.getInt();
        int status = from.getInt();
        long millis = from.getLong();
        yield new Signal.HeadersArrived(attempt, new ResponseHead(status, headers(from)), millis);
      }
      case 'D' -> new Signal.BytesArrived(from.getInt(), piece(from));
      case 'E' -> new Signal.EndOfBody(from.getInt());
      case 'F' ->
          new Signal.Failed(from.getInt(), FactsCodec.failure(EventCodec.parsed(piece(from))));
      case 'T' -> new Signal.TimerFired();
      case 'P' -> new Signal.Paused();
      case 'R' -> new Signal.Demand();
      case 'C' -> new Signal.Cancelled();
      default -> throw new IllegalArgumentException("input: must be a signal, was another type");
    };
  }

  private static ByteBuffer piece(ByteBuffer from) {
    int length = from.getInt();
    var piece = from.slice(from.position(), length);
    from.position(from.position() + length);
    return piece;
  }

  private static Map<String, List<String>> headers(ByteBuffer from) {
    var headers = new LinkedHashMap<String, List<String>>();
    String[] lines = StandardCharsets.UTF_8.decode(piece(from)).toString().split("\n", -1);
    for (int i = 0; i + 1 < lines.length; i += 2) {
      headers.computeIfAbsent(lines[i], name -> new ArrayList<>()).add(lines[i + 1]);
    }
    return headers;
  }
}
