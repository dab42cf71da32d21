package dev.holdfast.testkit;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.WireTemplates.Envelope;
import dev.holdfast.testkit.WireTemplates.ErrorKind;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A model that knows one answer and can be asked to go on with it. Pure: the same request and
 * attempt give the same bytes. Output limits, sampling and tools of the request are not read.
 *
 * <p>The last messages decide what is asked for. A trailing assistant message is a prefill. A user
 * message after an assistant message is an anchor turn if it quotes the end of that message or if
 * the answer begins with that message; the longest quoted end is the anchor. Anything else asks for
 * the answer from its start. A partial may be cut back: the model goes on from the end of what it
 * was sent, and counts characters only if the partial is no prefix of its answer.
 *
 * @param protocol of requests and replies
 * @param answer what it says when not interrupted
 * @param continuation what it does when asked to go on
 * @param seed of ids and padding
 */
public record ScriptedModel(
    Protocol protocol, Answer answer, Continuation continuation, long seed) {
  private static final int MIN_ANCHOR = 8;
  private static final int MAX_ANCHOR = 1000;
  private static final String NO_PREFILL =
      "This model does not support assistant message prefill. The conversation must end with a user"
          + " message.";
  private static final String NO_CONTINUATION = "messages: this model does not continue answers";
  private static final String OTHER =
      "Bananas are berries in the botanical sense, whereas strawberries are not, which surprises"
          + " most people who hear it for the first time.";

  /**
   * {@return the reply to a request body}
   *
   * @param requestJson the body; one that cannot be read gets a 400
   * @param attempt number of the request within its stream, from 1
   */
  public Reply reply(String requestJson, int attempt) {
    Check.that(attempt >= 1, "attempt", "must be at least 1", attempt);
    Json request;
    try {
      request = Json.parse(requestJson);
    } catch (JsonException e) {
      return refuse("The request body is not valid JSON.");
    }
    List<Json> messages = request.items("messages");
    if (messages.isEmpty()) {
      return refuse("messages: at least one message is required");
    }
    if (request.text("model", "").isBlank()) {
      return refuse("model: a model name is required");
    }
    String last = Messages.text(messages.getLast());
    if (Messages.isAssistant(messages.getLast())) {
      return prefill(request, last, attempt);
    }
    if (messages.size() > 1 && Messages.isAssistant(messages.get(messages.size() - 2))) {
      String partial = Messages.text(messages.get(messages.size() - 2));
      String anchor = anchor(partial, last);
      if (anchor.length() >= Math.min(MIN_ANCHOR, partial.length())
          || answer.text().startsWith(partial)) {
        return anchored(request, partial, anchor, attempt);
      }
    }
    return speak(request, fromTheStart(attempt), attempt);
  }

  private Answer fromTheStart(int attempt) {
    if (!(continuation instanceof Continuation.Drift) || attempt == 1) {
      return answer;
    }
    String text = answer.text();
    int same = new SplittableRandom(mixed(attempt)).nextInt(text.length() + 1);
    return Answer.ofText(text.substring(0, same) + " " + OTHER);
  }

  private Reply prefill(Json request, String partial, int attempt) {
    // The Messages API refuses these; a client must cut the partial back to before the white space.
    if (protocol == Protocol.ANTHROPIC_MESSAGES && !partial.equals(partial.stripTrailing())) {
      return refuse("messages: final assistant content cannot end with trailing whitespace");
    }
    Answer rest = answer.from(partial.length());
    return switch (continuation) {
      case Continuation.Exact() -> speak(request, rest, attempt);
      case Continuation.NoAnchor() -> speak(request, rest, attempt);
      case Continuation.Overlap(int chars) ->
          speak(request, rest.after(end(partial, chars)), attempt);
      case Continuation.Restart() -> speak(request, answer, attempt);
      case Continuation.Preamble(int wording) ->
          speak(request, rest.after(Continuation.PREAMBLES.get(wording)), attempt);
      case Continuation.OtherText() -> speak(request, Answer.ofText(OTHER), attempt);
      case Continuation.RefusePrefill() -> refuse(NO_PREFILL);
      case Continuation.RefuseAll() -> refuse(NO_PREFILL);
      case Continuation.Drift() -> refuse(NO_PREFILL);
    };
  }

  private Reply anchored(Json request, String partial, String anchor, int attempt) {
    Answer rest = answer.from(partial.length());
    return switch (continuation) {
      case Continuation.Exact() -> speak(request, rest.after(anchor), attempt);
      case Continuation.RefusePrefill() -> speak(request, rest.after(anchor), attempt);
      case Continuation.NoAnchor() -> speak(request, rest, attempt);
      case Continuation.Overlap(int chars) ->
          speak(request, rest.after(end(partial, anchor.length() + chars)), attempt);
      case Continuation.Restart() -> speak(request, answer, attempt);
      case Continuation.Preamble(int wording) ->
          speak(request, rest.after(Continuation.PREAMBLES.get(wording) + anchor), attempt);
      case Continuation.OtherText() -> speak(request, Answer.ofText(OTHER), attempt);
      case Continuation.RefuseAll() -> refuse(NO_CONTINUATION);
      case Continuation.Drift() -> refuse(NO_CONTINUATION);
    };
  }

  /** The longest end of the partial that the user's words contain. */
  private static String anchor(String partial, String words) {
    for (int length = Math.min(partial.length(), MAX_ANCHOR); length > 0; length--) {
      String end = end(partial, length);
      if (words.contains(end)) {
        return end;
      }
    }
    return "";
  }

  private static String end(String text, int chars) {
    int start = Math.max(0, text.length() - chars);
    // A model never begins inside a character.
    boolean inside = start < text.length() && Character.isLowSurrogate(text.charAt(start));
    return text.substring(inside && start > 0 ? start - 1 : start);
  }

  private Reply speak(Json request, Answer said, int attempt) {
    var envelope =
        new Envelope(
            (protocol == Protocol.OPENAI_CHAT ? "chatcmpl-" : "msg_")
                + Long.toHexString(mixed(attempt)),
            request.text("model", ""),
            wantsUsage(request),
            Messages.tokens(request.items("messages")),
            mixed(attempt));
    WireTemplates templates = protocol.templates();
    return request.isTrue("stream")
        ? Reply.stream(templates.stream(said, envelope))
        : Reply.document(200, templates.document(said, envelope));
  }

  private static boolean wantsUsage(Json request) {
    Json options = request.member("stream_options");
    return options != null && options.isTrue("include_usage");
  }

  private Reply refuse(String message) {
    return Reply.document(
        400, protocol.templates().errorDocument(ErrorKind.INVALID_REQUEST, message));
  }

  private long mixed(int attempt) {
    return new SplittableRandom(seed * 31 + attempt).nextLong() & Long.MAX_VALUE;
  }
}
