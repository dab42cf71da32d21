package dev.holdfast.observe.debug.clients;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.Json;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Watches one body for bytes on which clients break although the answer can be read. Memory is
 * bounded; events beyond {@value #MAX_EVENT} bytes are not looked into. Not thread-safe.
 */
public final class ClientWatch {
  private static final int MAX_EVENT = 256 << 10;
  private static final Set<String> LINES =
      Set.of("ollama-chat", "ollama-generate", "gemini-json-array");

  private final String protocol;
  private final Sightings sightings = new Sightings();
  private final @Nullable SseLines lines;
  private final @Nullable BodyShape shape;

  /**
   * A watch over a body of a protocol.
   *
   * @param protocol a dialect's id; of one that no row is about nothing is seen
   */
  public ClientWatch(String protocol) {
    this.protocol = protocol;
    boolean known = ClientTable.knows(protocol);
    lines = known && !LINES.contains(protocol) ? new SseLines(sightings) : null;
    shape =
        switch (protocol) {
          case "openai-chat" -> new ChatShape(sightings);
          case "openai-responses" -> new ResponsesShape(sightings);
          case "anthropic-messages" -> new MessagesShape(sightings);
          case "gemini-sse" -> new GeminiShape(sightings);
          case "ollama-chat" -> new OllamaShape(sightings);
          default -> null;
        };
  }

  /** Takes the next bytes of the body; the buffer stays as it is. */
  public void bytes(ByteBuffer piece) {
    if (lines != null) {
      lines.feed(piece);
    }
  }

  /** Takes a frame of the body. */
  public void frame(Frame frame) {
    if (shape == null || frame.kind() != Frame.Kind.EVENT || frame.length() > MAX_EVENT) {
      return;
    }
    List<Json> values;
    try {
      values = Json.parseAll(frame.array(), frame.offset(), frame.length());
    } catch (Json.MalformedException e) {
      unreadable(frame, shape);
      return;
    }
    sightings.addIf(values.size() > 1, ClientKind.GLUED_EVENTS);
    for (Json value : values) {
      if (value instanceof Json.Obj object) {
        shape.read(frame.type(), object);
      } else if (isMarker(value)) {
        shape.marker();
      }
    }
  }

  private void unreadable(Frame frame, BodyShape known) {
    String data = frame.data().strip();
    if (data.equals("[DONE]")) {
      known.marker();
    } else if (data.endsWith("[DONE]") && data.startsWith("{")) {
      sightings.add(ClientKind.GLUED_EVENTS);
      known.marker();
    }
  }

  private static boolean isMarker(Json value) {
    return value instanceof Json.Str(String text) && text.equals("[DONE]");
  }

  /** The body has ended. */
  public void end() {
    if (lines != null) {
      lines.end();
    }
    if (shape != null) {
      shape.end();
    }
  }

  /**
   * {@return what was seen in the bytes on which a client is known to break, in the table's order}
   */
  public List<ClientBreak> breaks() {
    return breaks(Arrival.UNKNOWN);
  }

  /**
   * {@return what was seen on which a client is known to break, in the order of the table}
   *
   * @param arrival when the response came
   */
  public List<ClientBreak> breaks(Arrival arrival) {
    var breaks = new ArrayList<ClientBreak>();
    sightings.counts().forEach((kind, times) -> add(kind, times, breaks));
    var late = arrival.kind();
    if (late != null) {
      add(late, 1, breaks);
    }
    return breaks;
  }

  private void add(ClientKind kind, int times, List<ClientBreak> breaks) {
    var clients = ClientTable.of(protocol, kind);
    if (!clients.isEmpty()) {
      breaks.add(new ClientBreak(kind.id(), kind.words(), kind.cure(), times, clients));
    }
  }
}
