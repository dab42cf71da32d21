package dev.holdfast.observe.debug.clients;

import dev.holdfast.core.json.Json;

/** What clients of Ollama's own protocol break on. */
final class OllamaShape implements BodyShape {
  private final Sightings sightings;

  OllamaShape(Sightings sightings) {
    this.sightings = sightings;
  }

  @Override
  public void read(String event, Json.Obj line) {
    var error = line.get("error");
    sightings.addIf(error instanceof Json.Null, ClientKind.ERROR_NULL);
    sightings.addIf(
        error != null && !(error instanceof Json.Null) && !error.hasValue(),
        ClientKind.ERROR_EMPTY);
    var message = line.object("message");
    var calls = message == null ? null : message.array("tool_calls");
    if (calls != null) {
      for (Json item : calls.items()) {
        var function = item instanceof Json.Obj call ? call.object("function") : null;
        sightings.addIf(
            function != null && function.get("arguments") instanceof Json.Str,
            ClientKind.CALL_ARGUMENTS_STRING);
      }
    }
  }
}
