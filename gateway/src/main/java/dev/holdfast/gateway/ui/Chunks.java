package dev.holdfast.gateway.ui;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.json.JsonText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The chunks of the SDK's UI message stream, one in each server-sent event. */
final class Chunks {
  private Chunks() {}

  /** {@return a chunk of a type} */
  static JsonObjectBuilder of(String type) {
    return JsonObjectBuilder.of("type", type);
  }

  /** Writes the event of a chunk; an empty id is none. */
  static void write(Json.Obj chunk, String id, ByteArrayOutputStream out) {
    write(chunk.write(), id, out);
  }

  /** Writes the event of a text. */
  static void write(String data, String id, ByteArrayOutputStream out) {
    if (!id.isEmpty()) {
      out.writeBytes(("id: " + id + "\n").getBytes(StandardCharsets.US_ASCII));
    }
    out.writeBytes("data: ".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(JsonText.bytes(data));
    out.write('\n');
    out.write('\n');
  }
}
