package dev.holdfast.observe.debug.clients;

import dev.holdfast.core.json.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What clients of OpenAI Chat Completions break on. */
final class ChatShape implements BodyShape {
  private static final Set<String> ROLES =
      Set.of("assistant", "system", "developer", "user", "tool", "function");

  private final Sightings sightings;
  private final Set<Integer> spoken = new HashSet<>();
  private final Set<Integer> withRole = new HashSet<>();
  private final Set<Integer> finished = new HashSet<>();
  private final Map<Integer, ChatCall> calls = new HashMap<>();

  private int lastCall = -1;

  ChatShape(Sightings sightings) {
    this.sightings = sightings;
  }

  @Override
  public void read(String event, Json.Obj chunk) {
    var error = chunk.get("error");
    if (error != null && error.hasValue()) {
      return;
    }
    sightings.addIf(error instanceof Json.Null, ClientKind.ERROR_NULL);
    sightings.addIf(error != null && !(error instanceof Json.Null), ClientKind.ERROR_EMPTY);
    var choices = chunk.get("choices");
    if (!(choices instanceof Json.Arr(List<Json> list))) {
      sightings.addIf(choices == null, ClientKind.CHOICES_MISSING);
      sightings.addIf(choices instanceof Json.Null, ClientKind.CHOICES_NULL);
      return;
    }
    head(chunk);
    var usage = chunk.get("usage");
    sightings.addIf(usage instanceof Json.Obj && !list.isEmpty(), ClientKind.USAGE_WITH_CHOICES);
    sightings.addIf(BodyShape.hasNumberAsText(chunk.object("usage")), ClientKind.USAGE_STRINGS);
    for (Json item : list) {
      if (item instanceof Json.Obj choice) {
        choice(choice);
      }
    }
  }

  private void head(Json.Obj chunk) {
    var id = chunk.get("id");
    sightings.addIf(!BodyShape.isThere(id), ClientKind.CHUNK_ID_MISSING);
    sightings.addIf(BodyShape.isThere(id) && !(id instanceof Json.Str), ClientKind.CHUNK_ID_TYPE);
    var created = chunk.get("created");
    sightings.addIf(!BodyShape.isThere(created), ClientKind.CHUNK_CREATED_MISSING);
    sightings.addIf(created instanceof Json.Str, ClientKind.CHUNK_CREATED_TYPE);
    sightings.addIf(
        created instanceof Json.Num number && number.text().contains("."),
        ClientKind.CHUNK_CREATED_FRACTION);
    sightings.addIf(!BodyShape.isThere(chunk.get("model")), ClientKind.CHUNK_MODEL_MISSING);
    sightings.addIf(!BodyShape.isThere(chunk.get("object")), ClientKind.CHUNK_OBJECT_MISSING);
  }

  private void choice(Json.Obj choice) {
    int index = BodyShape.index(choice.get("index"));
    sightings.addIf(index < 0, ClientKind.CHOICE_INDEX_MISSING);
    int number = Math.max(0, index);
    sightings.addIf(finished.contains(number), ClientKind.CHUNK_AFTER_FINISH);
    if (spoken.size() < MAX_KEPT) {
      spoken.add(number);
    }
    var finish = choice.get("finish_reason");
    if (finish instanceof Json.Str(String reason)) {
      sightings.addIf(reason.isEmpty(), ClientKind.FINISH_REASON_BLANK);
      sightings.addIf(reason.equals("length"), ClientKind.FINISH_LENGTH);
      sightings.addIf(reason.equals("content_filter"), ClientKind.FINISH_CONTENT_FILTER);
      if (!reason.isEmpty() && finished.size() < MAX_KEPT) {
        finished.add(number);
      }
    }
    var delta = choice.object("delta");
    if (delta != null) {
      delta(number, delta);
    } else {
      sightings.add(ClientKind.DELTA_MISSING);
    }
  }

  private void delta(int choice, Json.Obj delta) {
    if (delta.get("role") instanceof Json.Str(String role)) {
      sightings.addIf(!ROLES.contains(role), ClientKind.ROLE_UNKNOWN);
      withRole.add(choice);
    }
    sightings.addIf(delta.get("content") instanceof Json.Arr, ClientKind.CONTENT_PARTS);
    sightings.addIf(delta.object("annotations") != null, ClientKind.ANNOTATIONS_OBJECT);
    sightings.addIf(delta.object("function_call") != null, ClientKind.FUNCTION_CALL_LEGACY);
    var pieces = delta.array("tool_calls");
    if (pieces != null) {
      for (Json item : pieces.items()) {
        if (item instanceof Json.Obj piece) {
          piece(choice, piece);
        }
      }
    }
  }

  private void piece(int choice, Json.Obj piece) {
    int index = BodyShape.index(piece.get("index"));
    var function = piece.object("function");
    sightings.addIf(
        function != null && function.get("arguments") instanceof Json.Obj,
        ClientKind.CALL_ARGUMENTS_OBJECT);
    if (index < 0) {
      sightings.add(ClientKind.CALL_INDEX_MISSING);
      return;
    }
    int key = choice * MAX_KEPT + index;
    sightings.addIf(key < lastCall, ClientKind.CALLS_INTERLEAVED);
    lastCall = key;
    var known = calls.get(key);
    if (known == null) {
      sightings.addIf(
          choice == 0 && index > calls.size() && calls.size() < MAX_KEPT,
          ClientKind.CALL_INDEX_GAP);
      if (calls.size() < MAX_KEPT) {
        calls.put(key, new ChatCall(piece, function));
      }
    } else {
      known.more(piece, function, sightings);
    }
  }

  @Override
  public void end() {
    for (int choice : spoken) {
      sightings.addIf(!withRole.contains(choice), ClientKind.ROLE_MISSING);
    }
    for (ChatCall call : calls.values()) {
      sightings.addIf(!call.hasType(), ClientKind.CALL_TYPE_MISSING);
    }
  }

  /** One tool call, by its index. */
  private static final class ChatCall {
    private static final int MAX_ARGUMENTS = 64 << 10;

    private final String id;
    private final StringBuilder arguments = new StringBuilder();
    private final boolean beganWithout;
    private boolean type;
    private int pieces = 1;

    ChatCall(Json.Obj piece, Json.@Nullable Obj function) {
      id = piece.text("id");
      type = piece.get("type") instanceof Json.Str;
      beganWithout = function == null || !BodyShape.isThere(function.get("arguments"));
      append(function == null ? "" : function.text("arguments"));
    }

    boolean hasType() {
      return type;
    }

    void more(Json.Obj piece, Json.@Nullable Obj function, Sightings sightings) {
      String name = function == null ? "" : function.text("name");
      String more = function == null ? "" : function.text("arguments");
      String other = piece.text("id");
      boolean otherId = !other.isEmpty() && !id.isEmpty() && !other.equals(id);
      boolean whole = other.isEmpty() && !name.isEmpty() && Json.isValid(arguments.toString());
      if (otherId || (whole && !more.isEmpty())) {
        sightings.add(ClientKind.CALL_INDEX_REUSED);
      } else {
        sightings.addIf(!name.isEmpty(), ClientKind.CALL_NAME_REPEATED);
      }
      sightings.addIf(piece.get("type") instanceof Json.Null, ClientKind.CALL_TYPE_NULL);
      sightings.addIf(
          beganWithout && pieces == 1 && !more.isEmpty(), ClientKind.CALL_ARGUMENTS_MISSING);
      sightings.addIf(
          arguments.length() > 1
              && arguments.length() < MAX_ARGUMENTS
              && more.length() > arguments.length()
              && more.startsWith(arguments.toString()),
          ClientKind.CALL_ARGUMENTS_CUMULATIVE);
      type |= piece.get("type") instanceof Json.Str;
      pieces++;
      append(more);
    }

    private void append(String more) {
      arguments.append(more, 0, Math.min(more.length(), MAX_ARGUMENTS - arguments.length()));
    }
  }
}
