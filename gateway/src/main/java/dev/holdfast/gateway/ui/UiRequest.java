package dev.holdfast.gateway.ui;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.ToolChoice;
import dev.holdfast.core.stream.Check;
import dev.holdfast.gateway.config.UiConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.gateway.route.RequestPath;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A chat as the SDK posts it, and the request to a provider that it becomes.
 *
 * @param chat the id of the chat
 * @param trigger why it was posted, for example {@code submit-message}
 * @param opening what the answer begins with
 * @param front the protocol of the request
 * @param body the request
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record UiRequest(
    String chat, String trigger, UiOpening opening, ClientProtocol front, byte[] body) {
  /** Headers of a browser, or of the body that was translated. */
  private static final Set<String> NOT_SENT =
      Set.of(
          "accept",
          "accept-encoding",
          "accept-language",
          "cache-control",
          "content-encoding",
          "content-length",
          "content-type",
          "cookie",
          "dnt",
          "last-event-id",
          "origin",
          "pragma",
          "priority",
          "referer",
          "transfer-encoding",
          "upgrade-insecure-requests",
          "user-agent",
          "x-requested-with");

  /**
   * {@return what a body asks for}
   *
   * @throws IllegalArgumentException "name: rule, was value"
   */
  public static UiRequest of(byte[] bytes, UiConfig config, List<UpstreamConfig> upstreams) {
    Json.Obj read = object(bytes);
    String chat = UiPath.checked(read.text("id"));
    var list = read.array("messages");
    Check.that(list != null && !list.items().isEmpty(), "messages", "must be a list", "none");
    var all = list == null ? new Json.Arr(List.of()) : list;
    String protocol = config.protocol(upstreams);
    var request = request(read, new UiMessages(all), config);
    String body = Dialects.chat(protocol).streaming(Dialects.chat(protocol).body(request));
    return new UiRequest(
        chat,
        read.text("trigger"),
        UiOpening.after(all),
        protocol.equals(Dialects.ANTHROPIC_MESSAGES)
            ? ClientProtocol.MESSAGES
            : ClientProtocol.CHAT,
        body.getBytes(StandardCharsets.UTF_8));
  }

  private static Json.Obj object(byte[] bytes) {
    try {
      var values = Json.parseAll(bytes, 0, bytes.length);
      if (values.size() == 1 && values.getFirst() instanceof Json.Obj object) {
        return object;
      }
    } catch (Json.MalformedException e) {
      throw new IllegalArgumentException("body: " + e.getMessage(), e);
    }
    throw new IllegalArgumentException("body: must be one JSON object, was another value");
  }

  private static ChatRequest request(Json.Obj read, UiMessages messages, UiConfig config) {
    String model = read.has("model") ? read.text("model") : config.model();
    var request = ChatRequest.to(model);
    var system = new ArrayList<String>();
    if (read.has("system")) {
      system.add(read.text("system"));
    }
    system.addAll(messages.system());
    Check.that(
        config.system().isEmpty() || system.isEmpty(),
        "system",
        "must be left to the gateway, which has one",
        "in the request");
    if (!config.system().isEmpty()) {
      request.system(config.system());
    } else if (!system.isEmpty()) {
      request.system(String.join("\n\n", system));
    }
    messages.messages().forEach(request::message);
    long limit = read.number("maxOutputTokens", config.maxTokens());
    Check.that(
        limit >= 0 && limit <= Integer.MAX_VALUE, "maxOutputTokens", "must be positive", limit);
    if (limit > 0) {
      request.maxTokens((int) limit);
    }
    if (read.get("temperature") instanceof Json.Num(String number)) {
      request.temperature(Double.parseDouble(number));
    }
    if (read.get("topP") instanceof Json.Num(String number)) {
      request.topP(Double.parseDouble(number));
    }
    var tools = read.array("tools");
    for (Json item : tools == null ? List.<Json>of() : tools.items()) {
      if (!(item instanceof Json.Obj tool)) {
        throw new IllegalArgumentException("tools: must hold objects, was another value");
      }
      var schema = tool.object("inputSchema");
      Check.that(schema != null, "tools", "must have an inputSchema, as JSON Schema", "none");
      request.tool(
          tool.text("name"), tool.text("description"), schema == null ? "{}" : schema.write());
    }
    if (read.has("toolChoice")) {
      request.toolChoice(choice(read.get("toolChoice")));
    }
    return request.build();
  }

  private static ToolChoice choice(@Nullable Json choice) {
    if (choice instanceof Json.Obj named && named.text("type").equals("tool")) {
      return ToolChoice.of(named.text("toolName"));
    }
    return switch (choice instanceof Json.Str(String word) ? word : "") {
      case "auto" -> ToolChoice.auto();
      case "none" -> ToolChoice.none();
      case "required" -> ToolChoice.required();
      default ->
          throw new IllegalArgumentException(
              "toolChoice: must be auto, none, required or a tool, was another");
    };
  }

  /** {@return where the request goes} */
  public RequestPath path() {
    return new RequestPath("/v1/" + call().path(), "");
  }

  private ProviderRequest call() {
    return Dialects.chat(String.valueOf(front.dialect()))
        .call(new String(body, StandardCharsets.UTF_8));
  }

  /** {@return what the provider receives of the headers with which the chat was posted} */
  public HttpHeaders headers(HttpHeaders posted) {
    var sent = new DefaultHttpHeaders();
    for (Map.Entry<String, String> header : posted) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (!NOT_SENT.contains(name) && !name.startsWith("sec-")) {
        sent.add(header.getKey(), header.getValue());
      }
    }
    call().headers().forEach(sent::set);
    sent.set("content-type", "application/json").set("accept", "text/event-stream");
    return sent;
  }

  /** {@return the chat's id alone} */
  @Override
  public String toString() {
    return "UiRequest[" + front + "]";
  }
}
