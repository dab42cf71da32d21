package dev.holdfast.core.provider.encode;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Draws the events of an answer as an engine hands them on, from a seed. */
final class DrawnEvents {
  private static final List<String> PIECES =
      List.of(
          "The answer",
          " is",
          " 42",
          ".\n\n",
          "```java\n    int x = 1;\n```",
          "data: {\"x\":1}\n\n",
          "event: error\n",
          "\r\n: comment\r",
          "\u0000\u0001\u001f\u007f",
          "\u0085\u2028\u2029",
          "\\ \" / \t",
          "[DONE]",
          "Größe e\u0301",
          "世界、こんにちは",
          "مرحبا بالعالم",
          "नमस्ते",
          "👩‍👩‍👧‍👦🇩🇪",
          "한국어",
          "\udc00 alone",
          "\ud83d alone",
          "\uFEFF\uFFFD",
          "</script>");

  private static final List<String> ARGUMENTS =
      List.of(
          "{}",
          "{\"city\":\"Zürich\",\"n\":1.50}",
          "{\"a\":{\"b\":[1,2,{\"c\":\"}]\\\"{\"}]},\"d\":null}",
          "{\"text\":\"line\\nline \\ud83d\\ude00 😀\",\"big\":123456789012345678901234567890}",
          "");

  private final Random random;
  private final List<StreamEvent> events = new ArrayList<>();
  private final int[] calls;

  private DrawnEvents(Random random, int choices) {
    this.random = random;
    calls = new int[choices];
  }

  static List<StreamEvent> draw(Random random) {
    int choices = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1;
    return new DrawnEvents(random, choices).draw();
  }

  private List<StreamEvent> draw() {
    if (random.nextInt(10) > 0) {
      events.add(new StreamEvent.Started("upstream-id", "upstream-model"));
    }
    if (random.nextBoolean()) {
      events.add(new StreamEvent.Usage(TokenUsage.of(12, -1, "{\"input_tokens\":12}")));
    }
    for (int i = random.nextInt(30); i > 0; i--) {
      step();
    }
    for (int choice = 0; choice < calls.length; choice++) {
      if (random.nextInt(12) > 0) {
        var reasons = Finish.Reason.values();
        var reason = reasons[random.nextInt(reasons.length)];
        events.add(new StreamEvent.Finished(choice, new Finish(reason, raw(reason))));
      }
    }
    if (random.nextInt(4) > 0) {
      long input = random.nextInt(5) == 0 ? -1 : random.nextInt(1000);
      long output = random.nextInt(5) == 0 ? -1 : random.nextInt(1000);
      events.add(new StreamEvent.Usage(TokenUsage.of(input, output, raw(input, output))));
    }
    events.add(new StreamEvent.DoneMarker());
    return events;
  }

  private void step() {
    int choice = random.nextInt(calls.length);
    switch (random.nextInt(14)) {
      case 0, 1 -> events.add(new StreamEvent.ReasoningDelta(choice, piece()));
      case 2 -> events.add(new StreamEvent.RefusalDelta(choice, piece()));
      case 3 -> call(choice);
      case 4 -> parallelCalls(choice);
      case 5 ->
          events.add(
              new StreamEvent.ToolCallReady(
                  new ToolCall(choice, "id_" + random.nextInt(99), "ready", arguments())));
      case 6 -> events.add(new StreamEvent.Heartbeat("ping"));
      case 7 -> seam();
      default -> events.add(new StreamEvent.TextDelta(choice, piece()));
    }
  }

  private void seam() {
    events.add(new StreamEvent.Finished(0, new Finish(Finish.Reason.LENGTH, "length")));
    var failure = Failure.retryable(Cause.TRUNCATED, "cut");
    events.add(new StreamEvent.AttemptFailed(1, failure));
    events.add(new StreamEvent.Retrying(1, 3, Duration.ZERO, Rung.PREFILL));
    events.add(new StreamEvent.Started("another-id", "another-model"));
    events.add(new StreamEvent.SeamMarked(new Seam(5, Rung.PREFILL, 2, 3)));
    events.add(new StreamEvent.Opaque("annotation"));
    events.add(new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "stop")));
  }

  private void call(int choice) {
    int call = calls[choice]++;
    String arguments = arguments();
    String id = random.nextInt(4) == 0 ? "" : "id_" + choice + "_" + call;
    if (random.nextInt(4) == 0) {
      events.add(new StreamEvent.ToolCallDelta(choice, call, id, "", ""));
      id = "";
    }
    int at = arguments.isEmpty() ? 0 : random.nextInt(arguments.length());
    events.add(
        new StreamEvent.ToolCallDelta(choice, call, id, "weather", arguments.substring(0, at)));
    more(choice, call, arguments.substring(at));
  }

  private void parallelCalls(int choice) {
    int first = calls[choice]++;
    int second = calls[choice]++;
    events.add(new StreamEvent.ToolCallDelta(choice, first, "id_a", "first", "{\"x\""));
    events.add(new StreamEvent.ToolCallDelta(choice, second, "id_b", "second", "{"));
    events.add(new StreamEvent.TextDelta(choice, "between"));
    events.add(new StreamEvent.ToolCallDelta(choice, second, "", "", "\"y\":2"));
    events.add(new StreamEvent.ToolCallDelta(choice, first, "", "", ":1}"));
    events.add(new StreamEvent.ToolCallDelta(choice, second, "", "", "}"));
  }

  private void more(int choice, int call, String arguments) {
    int at = 0;
    while (at < arguments.length()) {
      int to = Math.min(arguments.length(), at + 1 + random.nextInt(12));
      // As dialects do: no piece ends inside a character.
      to += to < arguments.length() && Character.isLowSurrogate(arguments.charAt(to)) ? 1 : 0;
      events.add(new StreamEvent.ToolCallDelta(choice, call, "", "", arguments.substring(at, to)));
      at = to;
    }
  }

  private String piece() {
    return PIECES.get(random.nextInt(PIECES.size()));
  }

  private String arguments() {
    return ARGUMENTS.get(random.nextInt(ARGUMENTS.size()));
  }

  private String raw(Finish.Reason reason) {
    if (random.nextBoolean()) {
      return reason.name().toLowerCase(java.util.Locale.ROOT);
    }
    var words =
        switch (reason) {
          case STOP -> List.of("stop_sequence", "end_turn", "STOP", "completed");
          case LENGTH -> List.of("model_context_window_exceeded", "MAX_TOKENS");
          case TOOL_CALLS -> List.of("STOP", "tool_use", "function_call");
          case REFUSAL -> List.of("prompt_blocked:SAFETY", "stop", "refusal");
          case CONTENT_FILTER -> List.of("RECITATION", "incomplete:content_filter");
          case PAUSE -> List.of("pause_turn", "compaction");
          case ERROR -> List.of("MALFORMED_FUNCTION_CALL", "error");
          case OTHER -> List.of("LANGUAGE", "TIMEOUT", "");
        };
    return words.get(random.nextInt(words.size()));
  }

  private String raw(long input, long output) {
    return switch (random.nextInt(5)) {
      case 0 -> "{\"prompt_tokens\":%d,\"completion_tokens\":%d}".formatted(input, output);
      case 1 -> "{\"input_tokens\":%d,\"output_tokens\":7}".formatted(input);
      case 2 -> "{\"promptTokenCount\":1,\"candidatesTokenCount\":2,\"thoughtsTokenCount\":3}";
      case 3 -> "not JSON";
      default ->
          "{\"input_tokens\":%d,\"output_tokens\":%d,\"total_tokens\":0}".formatted(input, output);
    };
  }
}
