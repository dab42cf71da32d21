package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.corpus.Corpora;
import dev.holdfast.benchmarks.corpus.ProtocolCorpora;
import dev.holdfast.core.provider.Dialects;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tasks over the same bytes, and what they should cost relative to each other.
 *
 * @param bytes how long the body is
 * @param tasks by name; Holdfast's is the first
 * @param goals what must hold
 */
record Comparison(int bytes, Map<String, Task> tasks, List<Goal> goals) {
  /**
   * {@code dearer} costs at least, or at most, {@code ratio} times what {@code cheaper} does.
   *
   * @param isFloor whether the ratio is a floor rather than a ceiling
   */
  record Goal(String dearer, String cheaper, double ratio, boolean isFloor) {
    boolean isMet(double measured) {
      return isFloor ? measured >= ratio : measured <= ratio;
    }
  }

  private static final int BODY = 64 << 20;
  private static final int READ = 16 << 10;
  private static final String HOLDFAST = "holdfast";
  private static final String OKHTTP = "okhttp-sse";
  private static final String OKHTTP_JACKSON = "okhttp-sse + jackson-core 3";
  private static final String PLAIN_JACKSON = "JDK + jackson-core 3";
  private static final String OPENAI = "openai-java, typed";

  /** {@return the names of all comparisons} */
  static List<String> names() {
    return List.of(
        "framing-openai",
        "framing-anthropic",
        "text-openai",
        "text-anthropic",
        "text-responses",
        "text-gemini",
        "text-interactions",
        "text-cohere",
        "text-ollama",
        "text-bedrock",
        "big-event");
  }

  /** {@return the comparison of that name, its bodies made} */
  static Comparison named(String name) {
    return named(name, BODY);
  }

  /** {@return the comparison of that name over bodies of at least {@code size}} */
  static Comparison named(String name, int size) {
    return switch (name) {
      case "framing-openai" -> framing(Corpora.openAiChat(size), 5);
      case "framing-anthropic" -> framing(Corpora.anthropicMessages(size), 5);
      case "text-openai" -> {
        byte[] body = Corpora.openAiChat(size);
        Map<String, Task> tasks = new LinkedHashMap<>();
        tasks.put(HOLDFAST, HoldfastTasks.text(body, READ, Dialects.byId("openai-chat")));
        tasks.put(OKHTTP_JACKSON, OkHttpTasks.text(body, JacksonDeltas.openAiChat()));
        tasks.put(OPENAI, new OpenAiTypedTask(body, READ));
        yield new Comparison(
            body.length,
            tasks,
            List.of(
                new Goal(OKHTTP_JACKSON, HOLDFAST, 5, true), new Goal(OPENAI, HOLDFAST, 30, true)));
      }
      case "text-anthropic" -> {
        byte[] body = Corpora.anthropicMessages(size);
        Map<String, Task> tasks = new LinkedHashMap<>();
        tasks.put(HOLDFAST, HoldfastTasks.text(body, READ, Dialects.byId("anthropic-messages")));
        tasks.put(OKHTTP_JACKSON, OkHttpTasks.text(body, JacksonDeltas.anthropicMessages()));
        yield new Comparison(
            body.length, tasks, List.of(new Goal(OKHTTP_JACKSON, HOLDFAST, 5, true)));
      }
      case "text-responses" -> {
        byte[] body = ProtocolCorpora.openAiResponses(size);
        yield text(
            body,
            "openai-responses",
            OKHTTP_JACKSON,
            OkHttpTasks.text(body, JacksonDeltas.openAiResponses()),
            new Goal(OKHTTP_JACKSON, HOLDFAST, 4, true));
      }
      case "text-gemini" -> {
        byte[] body = ProtocolCorpora.gemini(size);
        JacksonDeltas deltas = JacksonDeltas.ofMembers("text", "finishReason");
        yield text(
            body,
            "gemini-sse",
            OKHTTP_JACKSON,
            OkHttpTasks.text(body, deltas),
            new Goal(OKHTTP_JACKSON, HOLDFAST, 4, true));
      }
      case "text-interactions" -> {
        byte[] body = ProtocolCorpora.geminiInteractions(size);
        yield text(
            body,
            "gemini-interactions",
            OKHTTP_JACKSON,
            OkHttpTasks.text(body, JacksonDeltas.geminiInteractions()));
      }
      case "text-cohere" -> {
        byte[] body = ProtocolCorpora.cohere(size);
        JacksonDeltas deltas = JacksonDeltas.ofMembers("text", "finish_reason");
        yield text(
            body,
            "cohere-v2",
            OKHTTP_JACKSON,
            OkHttpTasks.text(body, deltas),
            new Goal(OKHTTP_JACKSON, HOLDFAST, 4, true));
      }
      case "text-ollama" -> {
        byte[] body = ProtocolCorpora.ollama(size);
        JacksonDeltas deltas = JacksonDeltas.ofMembers("content", "done_reason");
        yield text(
            body,
            "ollama-chat",
            PLAIN_JACKSON,
            PlainTasks.lines(body, deltas),
            new Goal(PLAIN_JACKSON, HOLDFAST, 4, true));
      }
      case "text-bedrock" -> {
        byte[] body = ProtocolCorpora.bedrock(size);
        JacksonDeltas deltas = JacksonDeltas.ofMembers("text", "stopReason");
        yield text(
            body,
            "bedrock-converse",
            PLAIN_JACKSON,
            PlainTasks.eventStream(body, deltas),
            new Goal(PLAIN_JACKSON, HOLDFAST, 3, true));
      }
      case "big-event" -> {
        byte[] body = Corpora.bigEvent(8 << 20);
        Map<String, Task> tasks = new LinkedHashMap<>();
        tasks.put("64 KiB reads", HoldfastTasks.framing(body, 64 << 10));
        tasks.put("1 KiB reads", HoldfastTasks.framing(body, 1 << 10));
        yield new Comparison(
            body.length, tasks, List.of(new Goal("1 KiB reads", "64 KiB reads", 2, false)));
      }
      default ->
          throw new IllegalArgumentException(
              "comparison: must be one of " + String.join(", ", names()) + ", was '" + name + "'");
    };
  }

  private static Comparison text(
      byte[] body, String dialect, String name, Task peer, Goal... goals) {
    Map<String, Task> tasks = new LinkedHashMap<>();
    tasks.put(HOLDFAST, HoldfastTasks.text(body, READ, Dialects.byId(dialect)));
    tasks.put(name, peer);
    return new Comparison(body.length, tasks, List.of(goals));
  }

  private static Comparison framing(byte[] body, double ratio) {
    Map<String, Task> tasks = new LinkedHashMap<>();
    tasks.put(HOLDFAST, HoldfastTasks.framing(body, READ));
    tasks.put(OKHTTP, OkHttpTasks.framing(body));
    return new Comparison(body.length, tasks, List.of(new Goal(OKHTTP, HOLDFAST, ratio, true)));
  }
}
