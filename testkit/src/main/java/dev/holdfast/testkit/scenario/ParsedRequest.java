package dev.holdfast.testkit.scenario;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Target;
import dev.holdfast.testkit.model.TokenDesk;
import dev.holdfast.testkit.wire.Conversation;
import dev.holdfast.testkit.wire.WireTemplates;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a request asks for, as far as it can be read.
 *
 * @param request what came
 * @param target the content of its address; null if there is nothing at it
 * @param body its JSON; null if it is none
 * @param conversation its conversation with the model; empty if it cannot be read
 * @param model the model it asks for; empty if it names none
 * @param tokens whether it is about token ids: see {@link TokenDesk}
 */
public record ParsedRequest(
    HttpRequest request,
    @Nullable Target target,
    @Nullable TestJson body,
    Conversation conversation,
    String model,
    boolean tokens) {
  private static final Conversation SILENCE = new Conversation(List.of());

  /** {@return what a request asks for; never throws on its content} */
  public static ParsedRequest of(HttpRequest request) {
    Target target = Target.of(request.path(), request.query());
    boolean tokens = TokenDesk.isTokenize(request) || TokenDesk.isCompletion(request);
    TestJson body = json(request.body());
    Conversation parsed = SILENCE;
    if (tokens) {
      var user = new Conversation.Turn(false, true, TokenDesk.asked(request).prompt());
      parsed = new Conversation(List.of(user));
    } else if (body != null) {
      parsed = WireTemplates.of(protocol(target)).conversation(body);
    }
    String named = target == null ? "" : target.model();
    String model = named.isEmpty() && body != null ? body.text("model", "") : named;
    return new ParsedRequest(request, target, body, parsed, model, tokens);
  }

  private static @Nullable TestJson json(String body) {
    try {
      return TestJson.parse(body);
    } catch (JsonException e) {
      return null;
    }
  }

  /** {@return the protocol to speak; OpenAI Chat where the address names none} */
  public Protocol protocol() {
    return protocol(target);
  }

  private static Protocol protocol(@Nullable Target target) {
    return target == null ? Protocol.OPENAI_CHAT : target.protocol();
  }

  /** {@return the first user message; empty if there is none} */
  public String prompt() {
    return conversation.firstUser();
  }
}
