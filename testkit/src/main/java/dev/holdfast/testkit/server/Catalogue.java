package dev.holdfast.testkit.server;

import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.scenario.ParsedRequest;
import dev.holdfast.testkit.wire.Conversation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What clients ask beside answers: lists of models, token counts and embeddings, in the forms of
 * OpenAI, Anthropic, Gemini and Ollama. These replies are never broken.
 */
final class Catalogue {
  private static final String MODEL = "holdfast-1";
  private static final int DEFAULT_DIMENSIONS = 256;
  private static final int MAX_DIMENSIONS = 4096;
  private static final int MAX_INPUTS = 2048;

  private Catalogue() {}

  /** {@return the reply to a request, or null if it asks for none of these} */
  static @Nullable Reply reply(ParsedRequest inquiry) {
    var request = inquiry.request();
    String path = request.path();
    if (request.method().equals("GET")) {
      return listing(request, path);
    }
    TestJson body = inquiry.body();
    if (!request.method().equals("POST") || body == null) {
      return null;
    }
    if (path.endsWith("/messages/count_tokens")) {
      return document("{\"input_tokens\":" + Conversation.ofMessages(body).tokens() + "}");
    }
    if (path.endsWith("/responses/input_tokens")) {
      int tokens = Conversation.ofInput(body).tokens();
      return document("{\"object\":\"response.input_tokens\",\"input_tokens\":" + tokens + "}");
    }
    if (path.endsWith(":countTokens")) {
      return document("{\"totalTokens\":" + Conversation.ofContents(body).tokens() + "}");
    }
    if (path.endsWith("/embeddings")) {
      return openAiEmbeddings(body);
    }
    if (path.endsWith(":embedContent")) {
      return document("{\"embedding\":" + geminiVector(body) + "}");
    }
    if (path.endsWith(":batchEmbedContents")) {
      return document(
          body.items("requests").stream()
              .limit(MAX_INPUTS)
              .map(Catalogue::geminiVector)
              .collect(Collectors.joining(",", "{\"embeddings\":[", "]}")));
    }
    return path.endsWith("/api/embed") ? ollamaEmbeddings(body) : null;
  }

  private static @Nullable Reply listing(HttpRequest request, String path) {
    if (path.endsWith("/v1beta/models")) {
      return document("{\"models\":[" + geminiModel(MODEL) + "]}");
    }
    if (path.contains("/v1beta/models/")) {
      return document(geminiModel(asked(path)));
    }
    boolean anthropic = !request.header("anthropic-version").isEmpty();
    if (path.endsWith("/v1/models")) {
      return document(
          anthropic
              ? "{\"data\":[%s],\"has_more\":false,\"first_id\":\"%s\",\"last_id\":\"%s\"}"
                  .formatted(anthropicModel(MODEL), MODEL, MODEL)
              : "{\"object\":\"list\",\"data\":[" + openAiModel(MODEL) + "]}");
    }
    if (path.contains("/v1/models/")) {
      return document(anthropic ? anthropicModel(asked(path)) : openAiModel(asked(path)));
    }
    if (path.endsWith("/api/tags")) {
      return document(
          """
          {"models":[{"name":"%s","model":"%s","modified_at":"2026-01-01T00:00:00Z",\
          "size":1000000000,"digest":"0000000000000000","details":{"format":"gguf",\
          "family":"llama","parameter_size":"1B","quantization_level":"Q4_0"}}]}\
          """
              .formatted(MODEL, MODEL));
    }
    return path.endsWith("/api/version") ? document("{\"version\":\"0.30.0\"}") : null;
  }

  /** {@return the model that a path asks for: there is every model, as for a chat} */
  private static String asked(String path) {
    return path.substring(path.indexOf("/models/") + "/models/".length());
  }

  private static String openAiModel(String id) {
    return """
    {"id":%s,"object":"model","created":1767225600,"owned_by":"holdfast"}\
    """
        .formatted(TestJson.quote(id));
  }

  private static String anthropicModel(String id) {
    return """
    {"type":"model","id":%s,"display_name":"Holdfast 1",\
    "created_at":"2026-01-01T00:00:00Z"}\
    """
        .formatted(TestJson.quote(id));
  }

  private static String geminiModel(String id) {
    return """
    {"name":%s,"version":"001","displayName":"Holdfast 1",\
    "inputTokenLimit":1048576,"outputTokenLimit":65536,"supportedGenerationMethods":\
    ["generateContent","streamGenerateContent","countTokens","embedContent"]}\
    """
        .formatted(TestJson.quote("models/" + id));
  }

  private static Reply openAiEmbeddings(TestJson body) {
    int dimensions = dimensions(body, "dimensions");
    boolean base64 = body.text("encoding_format", "float").equals("base64");
    var inputs = inputs(body);
    var data = new ArrayList<String>();
    for (String input : inputs) {
      float[] vector = vector(input, dimensions);
      data.add(
          "{\"object\":\"embedding\",\"index\":%d,\"embedding\":%s}"
              .formatted(data.size(), base64 ? base64(vector) : array(vector)));
    }
    int tokens = tokens(inputs);
    return document(
        """
        {"object":"list","data":[%s],"model":%s,"usage":{"prompt_tokens":%d,"total_tokens":%d}}\
        """
            .formatted(
                String.join(",", data), TestJson.quote(body.text("model", MODEL)), tokens, tokens));
  }

  private static Reply ollamaEmbeddings(TestJson body) {
    var inputs = inputs(body);
    return document(
        "{\"model\":%s,\"embeddings\":[%s],\"prompt_eval_count\":%d}"
            .formatted(
                TestJson.quote(body.text("model", MODEL)),
                inputs.stream()
                    .map(input -> array(vector(input, dimensions(body, "dimensions"))))
                    .collect(Collectors.joining(",")),
                tokens(inputs)));
  }

  private static String geminiVector(TestJson request) {
    TestJson content = request.member("content");
    String text =
        content == null
            ? ""
            : content.items("parts").stream()
                .map(part -> part.text("text", ""))
                .collect(Collectors.joining());
    return "{\"values\":" + array(vector(text, dimensions(request, "outputDimensionality"))) + "}";
  }

  /** {@return the texts of {@code input}: one, or a list of them} */
  private static List<String> inputs(TestJson body) {
    if (body.member("input") instanceof TestJson.Str(String text, int line)) {
      return List.of(text);
    }
    return body.items("input").stream().limit(MAX_INPUTS).map(TestJson::shown).toList();
  }

  private static int dimensions(TestJson body, String name) {
    int asked =
        body.member(name) instanceof TestJson.Num number && number.text().matches("\\d{1,4}")
            ? Integer.parseInt(number.text())
            : 0;
    return asked >= 1 && asked <= MAX_DIMENSIONS ? asked : DEFAULT_DIMENSIONS;
  }

  private static int tokens(List<String> inputs) {
    return inputs.stream().mapToInt(input -> 1 + input.length() / 4).sum();
  }

  /** {@return a vector of length 1, the same for the same text} */
  private static float[] vector(String text, int dimensions) {
    var random = new SplittableRandom(text.hashCode());
    var vector = new float[dimensions];
    double sum = 0;
    for (int i = 0; i < dimensions; i++) {
      vector[i] = (float) random.nextDouble(-1, 1);
      sum += vector[i] * vector[i];
    }
    for (int i = 0; i < dimensions; i++) {
      vector[i] /= (float) Math.sqrt(sum);
    }
    return vector;
  }

  private static String array(float[] vector) {
    var text = new StringBuilder("[");
    for (float value : vector) {
      text.append(text.length() == 1 ? "" : ",");
      text.append(String.format(Locale.ROOT, "%.6f", value));
    }
    return text.append(']').toString();
  }

  private static String base64(float[] vector) {
    var bytes = ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : vector) {
      bytes.putFloat(value);
    }
    return '"' + Base64.getEncoder().encodeToString(bytes.array()) + '"';
  }

  private static Reply document(String json) {
    return Reply.document(200, json);
  }
}
