package dev.holdfast.observe.debug.clients;

import dev.holdfast.core.json.Json;
import java.util.Set;

/** What clients of Gemini's stream break on. */
final class GeminiShape implements BodyShape {
  private static final Set<String> FINISHES =
      Set.of(
          "FINISH_REASON_UNSPECIFIED",
          "STOP",
          "MAX_TOKENS",
          "SAFETY",
          "RECITATION",
          "LANGUAGE",
          "OTHER",
          "BLOCKLIST",
          "PROHIBITED_CONTENT",
          "SPII",
          "MALFORMED_FUNCTION_CALL",
          "IMAGE_SAFETY",
          "IMAGE_PROHIBITED_CONTENT",
          "IMAGE_RECITATION",
          "IMAGE_OTHER",
          "NO_IMAGE",
          "UNEXPECTED_TOOL_CALL",
          "TOO_MANY_TOOL_CALLS",
          "MISSING_THOUGHT_SIGNATURE",
          "MALFORMED_RESPONSE");

  private final Sightings sightings;

  GeminiShape(Sightings sightings) {
    this.sightings = sightings;
  }

  @Override
  public void marker() {
    sightings.add(ClientKind.FOREIGN_DONE);
  }

  @Override
  public void read(String event, Json.Obj chunk) {
    var error = chunk.get("error");
    if (error != null && error.hasValue()) {
      return;
    }
    sightings.addIf(error != null, ClientKind.ERROR_NULL);
    if (chunk.object("response") != null && chunk.get("candidates") == null) {
      sightings.add(ClientKind.WRAPPED_RESPONSE);
      return;
    }
    sightings.addIf(
        BodyShape.hasNumberAsText(chunk.object("usageMetadata")), ClientKind.USAGE_STRINGS);
    var candidates = chunk.array("candidates");
    if (candidates == null || candidates.items().isEmpty()) {
      sightings.addIf(candidates != null, ClientKind.CANDIDATES_EMPTY);
      sightings.addIf(chunk.get("promptFeedback") == null, ClientKind.CHUNK_WITHOUT_CONTENT);
      return;
    }
    for (Json item : candidates.items()) {
      if (item instanceof Json.Obj candidate) {
        candidate(candidate);
      }
    }
  }

  private void candidate(Json.Obj candidate) {
    var finish = candidate.get("finishReason");
    sightings.addIf(
        finish instanceof Json.Str(String early)
            && !early.equals("STOP")
            && !early.equals("FINISH_REASON_UNSPECIFIED")
            && FINISHES.contains(early),
        ClientKind.FINISH_NOT_NATURAL);
    sightings.addIf(finish instanceof Json.Null, ClientKind.FINISH_NULL);
    sightings.addIf(
        finish instanceof Json.Str(String reason) && !FINISHES.contains(reason),
        ClientKind.FINISH_UNKNOWN);
    var content = candidate.object("content");
    var parts = content == null ? null : content.array("parts");
    sightings.addIf(
        content != null && !BodyShape.isThere(content.get("role")),
        ClientKind.CONTENT_ROLE_MISSING);
    sightings.addIf(
        content != null && content.get("parts") instanceof Json.Null, ClientKind.PARTS_NULL);
    if (parts == null || parts.items().isEmpty()) {
      sightings.add(ClientKind.CHUNK_WITHOUT_CONTENT);
      return;
    }
    for (Json part : parts.items()) {
      sightings.addIf(
          part instanceof Json.Obj it && it.get("thought") instanceof Json.Bool(boolean yes) && yes,
          ClientKind.THOUGHT_PART);
      var call = part instanceof Json.Obj it ? it.object("functionCall") : null;
      if (call != null) {
        boolean piece = call.get("partialArgs") != null || call.get("willContinue") != null;
        sightings.addIf(piece, ClientKind.CALL_IN_PIECES);
        sightings.addIf(
            !piece && !call.text("name").isEmpty() && !BodyShape.isThere(call.get("args")),
            ClientKind.CALL_ARGS_MISSING);
        sightings.addIf(call.get("args") instanceof Json.Str, ClientKind.CALL_ARGUMENTS_STRING);
      }
    }
  }
}
