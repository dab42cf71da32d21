package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.stream.ToolCall;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The place in a body of chat completion chunks: the members that all its chunks repeat. */
final class ChatPosition extends BodyPosition {
  private static final List<String> REPEATED =
      List.of("id", "object", "created", "model", "service_tier", "system_fingerprint", "provider");

  private static final byte[] MARKER = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

  /** Some servers name the answer in a later chunk; most do in the first. */
  private static final int MAX_LOOKS = 16;

  /** A longer first chunk has more content than names, in bytes. */
  private static final int MAX_FIRST = 512;

  /** What the chunks so far repeat; empty where {@link #first} has it all. */
  private Map<String, Json> members = Map.of();

  /** The first chunk, where it names the answer and begins it; as bytes it takes a third. */
  private byte @Nullable [] first;

  private int looks;
  private boolean begun;
  private boolean marked;

  ChatPosition() {
    super(new SseMender(SseMender.Clients.OF_CHAT));
  }

  @Override
  public boolean mayShowUsage(byte[] bytes, int from, int to) {
    return UsageMember.isIn(bytes, from, to);
  }

  @Override
  public boolean isUsageAlone(byte[] bytes, int from, int to) {
    var json = RawFrame.json(bytes, from, to);
    if (json == null || !json.has("usage")) {
      return false;
    }
    var choices = json.array("choices");
    return choices != null && choices.items().isEmpty();
  }

  /** The empty member is all that asking adds to a chunk of OpenAI's. */
  @Override
  public byte @Nullable [] withoutUsage(byte[] bytes, int from, int to) {
    return UsageMember.withoutNull(bytes, from, to);
  }

  @Override
  public void passed(byte[] bytes, int from, int to, long textLength) {
    marked = isMarker(bytes, from, to);
    if (first != null
        || (begun && members.containsKey("id") && members.containsKey("model"))
        || looks == MAX_LOOKS) {
      return;
    }
    var json = RawFrame.json(bytes, from, to);
    if (json == null) {
      return;
    }
    looks++;
    var choices = json.array("choices");
    begun |= choices != null && !choices.items().isEmpty();
    boolean whole = looks == 1 && begun && json.has("id") && json.has("model");
    if (whole && to - from <= MAX_FIRST) {
      first = Arrays.copyOfRange(bytes, from, to);
    } else {
      members = looks == 1 ? new LinkedHashMap<>() : members;
      addRepeated(json, members);
    }
  }

  private static void addRepeated(Json.Obj chunk, Map<String, Json> members) {
    for (var name : REPEATED) {
      var value = chunk.get(name);
      if (value != null && value.hasValue()) {
        members.putIfAbsent(name, value);
      }
    }
  }

  /** {@return what all chunks repeat} */
  private Map<String, Json> repeated() {
    var json = first == null ? null : RawFrame.json(first, 0, first.length);
    if (json == null) {
      return members;
    }
    var repeated = new LinkedHashMap<String, Json>();
    addRepeated(json, repeated);
    return repeated;
  }

  private static boolean isMarker(byte[] bytes, int from, int to) {
    int end = to;
    while (end > from && bytes[end - 1] <= ' ') {
      end--;
    }
    return end - from > DONE.length
        && Arrays.equals(bytes, end - DONE.length, end, DONE, 0, DONE.length);
  }

  @Override
  public boolean showsCalls(byte[] bytes, int from, int to, List<ToolCall> calls) {
    var strict = new StrictCalls(false);
    if (!UsageMember.mayHaveCalls(bytes, from, to)) {
      return strict.are(calls); // Most answers have none.
    }
    for (var chunk : RawFrame.all(bytes, from, to)) {
      var choices = chunk.array("choices");
      for (var choice : choices == null ? List.<Json>of() : choices.items()) {
        var delta = choice instanceof Json.Obj object ? object.object("delta") : null;
        if (delta != null && delta.has("function_call")) {
          return true; // The older form, for clients that ask for it.
        }
        var pieces = delta == null ? null : delta.array("tool_calls");
        for (var piece : pieces == null ? List.<Json>of() : pieces.items()) {
          var call = piece instanceof Json.Obj object ? object : new Json.Obj(Map.of());
          var function = call.object("function");
          var arguments = function == null ? null : function.get("arguments");
          if (arguments instanceof Json.Obj || arguments instanceof Json.Arr) {
            strict.broken();
          }
          strict.piece(
              call.number("index", -1),
              call.text("id"),
              function == null ? "" : function.text("name"),
              function == null ? "" : function.text("arguments"));
        }
      }
    }
    return strict.are(calls);
  }

  @Override
  public boolean isMarked() {
    return marked;
  }

  @Override
  public byte[] marker() {
    return MARKER.clone();
  }

  @Override
  public EventEncoder encoder(AnswerHead head, CharSequence text) {
    var members = repeated();
    var shown = new LinkedHashMap<String, Json>();
    shown.put("id", members.getOrDefault("id", new Json.Str(head.id())));
    shown.put("object", new Json.Str("chat.completion.chunk"));
    shown.put("created", members.getOrDefault("created", Json.of(head.createdSeconds())));
    shown.put("model", members.getOrDefault("model", new Json.Str(head.model())));
    members.forEach(shown::putIfAbsent);
    return new OpenAiChatEncoder(head, shown, begun);
  }
}
