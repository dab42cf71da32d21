package dev.holdfast.core.provider.shared;

import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.request.Tool;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What requests of all protocols have in common. */
public final class Requests {
  public static final Json TRUE = new Json.Bool(true);
  public static final Json FALSE = new Json.Bool(false);

  private Requests() {}

  /**
   * {@return the body as an object}
   *
   * @throws IllegalArgumentException if it is none; the message quotes nothing of it
   */
  public static Json.Obj parse(String body) {
    try {
      if (Json.parse(body) instanceof Json.Obj object) {
        return object;
      }
    } catch (Json.MalformedException e) {
      throw new IllegalArgumentException("body: must be a JSON object, was not: " + e.getMessage());
    }
    throw new IllegalArgumentException("body: must be a JSON object, was another JSON value");
  }

  /**
   * {@return the body with another model's name}
   *
   * @throws IllegalArgumentException if the body is not a JSON object
   */
  public static String withModel(String body, String model) {
    return parse(body).with("model", new Json.Str(model)).write();
  }

  public static Json value(String name, String text) {
    try {
      return Json.parse(text);
    } catch (Json.MalformedException e) {
      throw new IllegalArgumentException(name + ": must be JSON, was not: " + e.getMessage());
    }
  }

  /** {@return a message of plain text} */
  public static Json.Obj message(String role, String content) {
    var members = new LinkedHashMap<String, Json>();
    members.put("role", new Json.Str(role));
    members.put("content", new Json.Str(content));
    return new Json.Obj(members);
  }

  /** {@return a message that names its type, without which llama.cpp refuses an assistant's} */
  public static Json.Obj typedMessage(String role, String content) {
    var members = new LinkedHashMap<String, Json>();
    members.put("type", new Json.Str("message"));
    members.putAll(message(role, content).members());
    return new Json.Obj(members);
  }

  /** {@return a tool with its type beside name, description and parameters} */
  public static Json typedFunction(Tool tool) {
    var members = new LinkedHashMap<String, Json>();
    members.put("type", new Json.Str("function"));
    members.putAll(function(tool).members());
    return new Json.Obj(members);
  }

  /** {@return a tool as OpenAI's chat protocol and its clones write it} */
  public static Json functionTool(Tool tool) {
    var members = new LinkedHashMap<String, Json>();
    members.put("type", new Json.Str("function"));
    members.put("function", function(tool));
    return new Json.Obj(members);
  }

  /** {@return name, description and parameters of a tool} */
  public static Json.Obj function(Tool tool) {
    var members = new LinkedHashMap<String, Json>();
    members.put("name", new Json.Str(tool.name()));
    members.put("description", new Json.Str(tool.description()));
    members.put("parameters", value("parametersJson", tool.parametersJson()));
    if (tool.strict()) {
      members.put("strict", TRUE);
    }
    return new Json.Obj(members);
  }

  static Json strings(List<String> values) {
    return new Json.Arr(values.stream().<Json>map(Json.Str::new).toList());
  }

  /** Adds the members that a typed request carries as JSON text. */
  public static void extra(Map<String, String> extra, Map<String, Json> members) {
    for (var member : extra.entrySet()) {
      members.put(member.getKey(), value(member.getKey(), member.getValue()));
    }
  }

  /** {@return the smallest of the limits that a body has under some names, or -1 if it has none} */
  public static int limit(Json.Obj body, String... names) {
    long least = -1;
    for (var name : names) {
      long number = body.number(name, -1);
      if (number >= 0 && (least < 0 || number < least)) {
        least = number;
      }
    }
    return (int) Math.min(least, Integer.MAX_VALUE);
  }

  /** {@return the body that asks llama.cpp for the number of tokens with each event} */
  public static Json.Obj counted(Json.Obj body) {
    return body.get("timings_per_token") == null ? body.with("timings_per_token", TRUE) : body;
  }

  public static boolean isZero(Json.Obj body, String name) {
    return body.get(name) instanceof Json.Num number && !number.hasValue();
  }

  public static boolean isSet(Json.Obj body, String name) {
    var value = body.get(name);
    return value != null && !(value instanceof Json.Null);
  }

  /** {@return the body with an output limit lowered by what was produced, to no less than floor} */
  public static Json.Obj lowered(Json.Obj body, String name, int produced, long floor) {
    long limit = body.number(name, -1);
    return limit < 0
        ? body
        : body.with(name, Json.of(Math.max(floor, limit - Math.max(0, produced))));
  }

  /** {@return the body with a limit inside one of its objects lowered, to no less than 1} */
  public static Json.Obj lowered(Json.Obj body, String object, String name, int produced) {
    var inner = body.object(object);
    return inner == null ? body : body.with(object, lowered(inner, name, produced, 1));
  }

  /**
   * {@return the body whose conversation continues from the partial answer}
   *
   * @throws IllegalArgumentException if there are no messages, or the rung makes no new request
   */
  public static Json.Obj continued(
      Json.Obj body, MessageFormat turns, Partial partial, Rung rung, Prefill prefill) {
    var before = turns.of(body);
    if (before == null) {
      throw new IllegalArgumentException(
          "body: must have an array of %s, has none".formatted(turns.member()));
    }
    var all = new ArrayList<>(before);
    var answer = turns.turn(true, partial.text());
    if (!all.isEmpty()) {
      // The caller may have begun the answer itself; the model continued from there.
      String words = partial.echoed() ? turns.words(all.getLast()) : null;
      int known = words == null ? 0 : Math.min(words.length(), partial.text().length());
      var begun = turns.extended(all.getLast(), partial.text().substring(known));
      if (begun != null) {
        answer = begun;
        all.removeLast();
      }
    }
    switch (rung) {
      case CONTINUE -> {
        all.add(answer);
        body = body.with("continue_final_message", TRUE).with("add_generation_prompt", FALSE);
      }
      case PREFILL ->
          all.add(
              switch (prefill) {
                case PLAIN -> answer;
                case PREFIX_TRUE -> answer.with("prefix", TRUE);
                case PARTIAL_TRUE -> answer.with("partial", TRUE);
              });
      case ANCHOR -> {
        all.add(answer);
        all.add(turns.turn(false, plea(partial.cause(), partial.anchor())));
      }
      case CURSOR, TOKEN_IDS, REPLAY, REFUSE ->
          throw new IllegalArgumentException(
              "rung: must be CONTINUE, PREFILL, ANCHOR or REPLAY, was " + rung);
    }
    return body.with(turns.member(), new Json.Arr(all));
  }

  /**
   * Phrased as the user, because models take other voices for an injection. Names the real cause,
   * because a model answers to a length limit that it is done.
   */
  private static String plea(Cause cause, String anchor) {
    return """
    Sorry, %s, so I only have your answer up to where it stops above. Please repeat its last \
    characters exactly, «%s», and then carry straight on from there to the end of your answer. \
    Don't start again, and don't comment on the interruption.\
    """
        .formatted(happened(cause), anchor);
  }

  private static String happened(Cause cause) {
    return switch (cause) {
      case CONNECTION_FAILED, CONNECTION_LOST -> "my connection broke";
      case TRUNCATED, MISSING_DONE -> "my connection closed before you had finished";
      case MALFORMED_FRAME, MALFORMED_JSON, PROTOCOL_VIOLATION, SEAM_REFUSED ->
          "part of your answer reached me garbled";
      case PROVIDER_ERROR -> "the server failed while you were writing";
      case FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, PROGRESS_TIMEOUT, DEADLINE_EXCEEDED ->
          "your answer stopped arriving";
      case RATE_LIMITED, OVERLOADED -> "the server was too busy to continue";
      case REJECTED,
          NO_RUNG,
          LIMIT_EXCEEDED,
          RETRIES_EXHAUSTED,
          BUDGET_EXHAUSTED,
          CANCELLED,
          JOURNAL_FAILED ->
          "your answer was interrupted on its way to me";
    };
  }
}
