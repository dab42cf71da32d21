package odd;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.helpers.MessageAccumulator;
import com.anthropic.models.messages.MessageCreateParams;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.googleai.GoogleAiGeminiStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads bodies with the SDKs of Maven Central: BASE-URL as argument, names of bodies on standard
 * input, "protocol/name" a line. Writes a line of JSON for each client and body: what the client
 * handed over, and what it threw.
 */
public final class Read {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The bodies are held back: all at once, with the clients' own timeouts. */
  private static final boolean HELD = "1".equals(System.getenv("HELD"));

  private static final int PATIENCE = HELD ? 420 : 10;

  interface Asked {
    void read(String url, Seen seen) throws Exception;
  }

  static final class Seen {
    final StringBuffer text = new StringBuffer();
    final List<Map<String, String>> calls = new ArrayList<>();
    String end;

    void call(String name, Object arguments) {
      calls.add(Map.of("name", String.valueOf(name), "arguments", String.valueOf(arguments)));
    }
  }

  private record Named(String name, Asked asked) {}

  private static final Map<String, List<Named>> CLIENTS = Map.of(
      "openai-chat", List.of(
          new Named("openai-java " + version("openai-java") + ", createStreaming", Read::chat),
          new Named("openai-java " + version("openai-java") + ", accumulator", Read::chatGathered),
          new Named("langchain4j-open-ai " + version("langchain4j-open-ai"), (url, seen) -> langchain(
              OpenAiStreamingChatModel.builder().baseUrl(url + "/v1").apiKey("none").modelName("odd").build(), seen))),
      "openai-responses", List.of(
          new Named("openai-java " + version("openai-java") + ", createStreaming", Read::responses),
          new Named("openai-java " + version("openai-java") + ", accumulator", Read::responsesGathered)),
      "anthropic-messages", List.of(
          new Named("anthropic-java " + version("anthropic-java") + ", createStreaming", Read::messages),
          new Named("anthropic-java " + version("anthropic-java") + ", accumulator", Read::messagesGathered),
          new Named("langchain4j-anthropic " + version("langchain4j-anthropic"), (url, seen) -> langchain(
              AnthropicStreamingChatModel.builder().baseUrl(url + "/v1").apiKey("none").modelName("odd").maxTokens(4096).build(), seen))),
      "gemini-sse", List.of(
          new Named("google-genai (Java) " + version("google-genai"), Read::gemini),
          new Named("langchain4j-google-ai-gemini " + version("langchain4j-google-ai-gemini"), (url, seen) -> langchain(
              GoogleAiGeminiStreamingChatModel.builder().baseUrl(url + "/v1beta").apiKey("none").modelName("odd").build(), seen))));

  private static OpenAIClient openai(String url) {
    var builder =
        OpenAIOkHttpClient.builder().baseUrl(url + "/v1").apiKey("none").maxRetries(0);
    return (HELD ? builder : builder.timeout(Duration.ofSeconds(PATIENCE))).build();
  }

  private static AnthropicClient anthropic(String url) {
    var builder =
        AnthropicOkHttpClient.builder().baseUrl(url).apiKey("none").maxRetries(0);
    return (HELD ? builder : builder.timeout(Duration.ofSeconds(PATIENCE))).build();
  }

  private static ChatCompletionCreateParams chatParams() {
    return ChatCompletionCreateParams.builder().model("odd").addUserMessage("Hello.").build();
  }

  /** Calls are gathered as the page shows it: by the accumulator. */
  private static void chat(String url, Seen seen) {
    chat(url, seen, false);
  }

  private static void chatGathered(String url, Seen seen) {
    chat(url, seen, true);
  }

  private static void chat(String url, Seen seen, boolean gather) {
    var accumulator = ChatCompletionAccumulator.create();
    boolean[] called = new boolean[1];
    try (var stream = openai(url).chat().completions().createStreaming(chatParams())) {
      stream.stream().forEach(chunk -> {
        chunk.choices().stream().findFirst().ifPresent(choice -> {
          choice.delta().content().ifPresent(seen.text::append);
          called[0] |= choice.delta().toolCalls().isPresent();
        });
        if (gather || called[0]) {
          accumulator.accumulate(chunk);
        }
      });
    }
    if (gather || called[0]) {
      var choice = accumulator.chatCompletion().choices().getFirst();
      choice.message().toolCalls().orElse(List.of()).forEach(call ->
          seen.call(call.asFunction().function().name(), call.asFunction().function().arguments()));
      if (gather) {
        seen.end = choice.message().content().orElse("");
      }
    }
  }

  private static void responses(String url, Seen seen) {
    responses(url, seen, false);
  }

  private static void responsesGathered(String url, Seen seen) {
    responses(url, seen, true);
  }

  private static void responses(String url, Seen seen, boolean gather) {
    var accumulator = ResponseAccumulator.create();
    var params = ResponseCreateParams.builder().model("odd").input("Hello.").build();
    try (var stream = openai(url).responses().createStreaming(params)) {
      stream.stream().forEach(event -> {
        event.outputTextDelta().ifPresent(it -> seen.text.append(it.delta()));
        if (gather) {
          accumulator.accumulate(event);
        } else {
          event.outputItemDone().flatMap(it -> it.item().functionCall())
              .ifPresent(call -> seen.call(call.name(), call.arguments()));
        }
      });
    }
    if (gather) {
      var received = new StringBuilder();
      for (var item : accumulator.response().output()) {
        item.functionCall().ifPresent(call -> seen.call(call.name(), call.arguments()));
        item.message().ifPresent(message -> message.content().forEach(part ->
            part.outputText().ifPresent(text -> received.append(text.text()))));
      }
      seen.end = received.toString();
    }
  }

  private static void messages(String url, Seen seen) throws Exception {
    messages(url, seen, false);
  }

  private static void messagesGathered(String url, Seen seen) throws Exception {
    messages(url, seen, true);
  }

  private static void messages(String url, Seen seen, boolean gather) throws Exception {
    var accumulator = MessageAccumulator.create();
    boolean[] called = new boolean[1];
    var params =
        MessageCreateParams.builder().model("odd").maxTokens(4096).addUserMessage("Hello.").build();
    try (var stream = anthropic(url).messages().createStreaming(params)) {
      stream.stream().forEach(event -> {
        event.contentBlockDelta().flatMap(it -> it.delta().text())
            .ifPresent(it -> seen.text.append(it.text()));
        called[0] |= event.contentBlockStart().map(it -> it.contentBlock().isToolUse()).orElse(false);
        accumulator.accumulate(event);
      });
    }
    if (gather || called[0]) {
      var message = accumulator.message();
      var received = new StringBuilder();
      for (var block : message.content()) {
        block.text().ifPresent(it -> received.append(it.text()));
        if (block.isToolUse()) {
          var use = block.asToolUse();
          seen.call(use.name(), com.anthropic.core.ObjectMappers.jsonMapper().writeValueAsString(use._input()));
        }
      }
      if (gather) {
        seen.end = received.toString();
      }
    }
  }

  private static void gemini(String url, Seen seen) throws Exception {
    var options = HttpOptions.builder().baseUrl(url);
    var http = (HELD ? options : options.timeout(PATIENCE * 1000)).build();
    try (var client = Client.builder().apiKey("none").httpOptions(http).build();
        var stream = client.models.generateContentStream("odd", "Hello.", null)) {
      for (var chunk : stream) {
        if (chunk.text() != null) {
          seen.text.append(chunk.text());
        }
        if (chunk.functionCalls() != null) {
          for (var call : chunk.functionCalls()) {
            seen.call(call.name().orElse(""), JSON.writeValueAsString(call.args().orElse(Map.of())));
          }
        }
      }
    }
  }

  private static void langchain(StreamingChatModel model, Seen seen) throws Exception {
    var ended = new CompletableFuture<ChatResponse>();
    model.chat(
        ChatRequest.builder().messages(UserMessage.from("Hello.")).build(),
        new StreamingChatResponseHandler() {
          @Override
          public void onPartialResponse(String part) {
            seen.text.append(part);
          }

          @Override
          public void onCompleteResponse(ChatResponse response) {
            ended.complete(response);
          }

          @Override
          public void onError(Throwable error) {
            ended.completeExceptionally(error);
          }
        });
    var message = ended.get(PATIENCE, TimeUnit.SECONDS).aiMessage();
    seen.end = message.text() == null ? "" : message.text();
    message.toolExecutionRequests().forEach(call -> seen.call(call.name(), call.arguments()));
  }

  private static String version(String artifact) {
    for (String part : System.getProperty("java.class.path").split(":")) {
      var match =
          java.util.regex.Pattern.compile(".*/" + artifact + "(-core)?-([0-9][^/]*)\\.jar").matcher(part);
      if (match.matches()) {
        return match.group(2);
      }
    }
    return "?";
  }

  private static String headline(Throwable error) {
    var cause = error instanceof ExecutionException && error.getCause() != null ? error.getCause() : error;
    if (cause instanceof TimeoutException) {
      return "hangs";
    }
    String inner = cause.getCause() == null ? "" : " (" + cause.getCause() + ")";
    String line = (cause + inner).replaceAll("\\s+", " ");
    return line.length() > 300 ? line.substring(0, 300) : line;
  }

  private static Map<String, Object> read(
      Named client, String base, String body, ExecutorService workers) throws InterruptedException {
    var seen = new Seen();
    String error = "";
    // What hangs is tried once more: a busy machine hangs, too.
    for (int trial = 0; trial < (HELD ? 1 : 2); trial++) {
      var tried = new Seen();
      seen = tried;
      var read = workers.submit(() -> {
        client.asked().read(base + "/" + body, tried);
        return null;
      });
      error = "";
      try {
        read.get(PATIENCE + 2, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        error = headline(e);
      }
      if (!error.equals("hangs")) {
        break;
      }
    }
    var result = new LinkedHashMap<String, Object>();
    result.put("body", body);
    result.put("client", client.name());
    result.put("text", seen.text.toString());
    result.put("calls", seen.calls);
    result.put("error", error);
    if (seen.end != null) {
      result.put("final", seen.end);
    }
    return result;
  }

  public static void main(String[] args) throws Exception {
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    var workers = Executors.newCachedThreadPool(run -> {
      var thread = new Thread(run);
      thread.setDaemon(true);
      return thread;
    });
    var waiting = new ArrayList<Future<?>>();
    try (var lines = new Scanner(System.in, StandardCharsets.UTF_8)) {
      while (lines.hasNextLine()) {
        String body = lines.nextLine().split("\t")[0];
        for (var client : CLIENTS.getOrDefault(body.split("/")[0], List.of())) {
          var ran = workers.submit(() -> {
            var result = read(client, args[0], body, workers);
            synchronized (out) {
              out.println(JSON.writeValueAsString(result));
            }
            return null;
          });
          if (HELD) {
            waiting.add(ran);
          } else {
            ran.get();
          }
        }
      }
    }
    for (var ran : waiting) {
      ran.get();
    }
    System.exit(0);
  }
}
