package dev.holdfast.testkit.model;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.wire.Conversation;
import dev.holdfast.testkit.wire.OpenAiChatTemplates;
import dev.holdfast.testkit.wire.WireTemplates;
import dev.holdfast.testkit.wire.WireTemplates.Envelope;
import dev.holdfast.testkit.wire.WireTemplates.ErrorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A model that knows one answer and can be asked to continue it. Pure: the same request and attempt
 * give the same bytes. Output limits, sampling and tools of the request are not read. Of Chat
 * Completions {@code n} is: see {@link #answer(int)}.
 *
 * <p>The last messages decide what is asked for. A trailing assistant message is a prefill. A user
 * message after an assistant message is an anchor turn in two cases. It quotes the end of that
 * message, or the answer begins with that message. The longest quoted end is the anchor. Anything
 * else asks for the answer from its start. A partial may be cut back: the model continues from the
 * end of what it was sent. It counts characters only if the partial is no prefix of its answer.
 *
 * @param protocol of requests and replies
 * @param answer its text when not interrupted
 * @param continuation what it does when asked to continue
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
    return reply(requestJson, Target.streamOf(protocol), attempt);
  }

  /** {@return the token ids of a conversation: the reply to {@code POST /tokenize}} */
  public static Reply tokens(String requestJson) {
    return TokenDesk.tokens(TokenDesk.asked(true, requestJson));
  }

  /**
   * {@return the reply to a completion that continues from token ids of {@link #tokens}}
   *
   * @param requestJson the body
   * @param attempt number of the request within its stream, from 1
   */
  public Reply completion(String requestJson, int attempt) {
    var asked = TokenDesk.asked(false, requestJson);
    return TokenDesk.completion(reply(TokenDesk.chat(requestJson, asked), attempt));
  }

  /** {@return the reply to a request body sent to an address of the protocol} */
  Reply reply(String requestJson, Target target, int attempt) {
    TestJson request;
    try {
      request = TestJson.parse(requestJson);
    } catch (JsonException e) {
      return refuse("The request body is not valid JSON.");
    }
    return reply(request, WireTemplates.of(protocol).conversation(request), target, attempt);
  }

  /**
   * {@return the reply to a request that was read}
   *
   * @param request its body; null if it is no JSON
   */
  public Reply reply(
      @Nullable TestJson request, Conversation conversation, Target target, int attempt) {
    Check.that(attempt >= 1, "attempt", "must be at least 1", attempt);
    if (request == null) {
      return refuse("The request body is not valid JSON.");
    }
    List<Conversation.Turn> turns = conversation.turns();
    if (turns.isEmpty()) {
      return refuse("messages: at least one message is required");
    }
    String model = target.model().isEmpty() ? request.text("model", "") : target.model();
    if (model.isBlank()) {
      return refuse("model: a model name is required");
    }
    boolean streams =
        target.stream() == null ? WireTemplates.of(protocol).streams(request) : target.stream();
    var envelope =
        new Envelope(
            WireTemplates.of(protocol).idPrefix() + Long.toHexString(mixed(attempt)),
            model,
            wantsUsage(request),
            conversation.tokens(),
            mixed(attempt));
    return new Speech(envelope, streams, choices(request)).reply(turns, attempt);
  }

  /**
   * {@return one of several answers, by its index from 0} The first is the answer itself, the
   * others contain its text after an introduction.
   */
  public Answer answer(int choice) {
    return choice == 0
        ? answer
        : Answer.ofText("In other words, the " + (choice + 1) + "th time: " + answer.text());
  }

  /** One reply being chosen: its envelope, whether it streams, and how many answers it has. */
  private final class Speech {
    private final Envelope envelope;
    private final boolean streams;
    private final int choices;

    Speech(Envelope envelope, boolean streams, int choices) {
      this.envelope = envelope;
      this.streams = streams;
      this.choices = choices;
    }

    Reply reply(List<Conversation.Turn> turns, int attempt) {
      String last = turns.getLast().text();
      if (turns.getLast().assistant()) {
        return prefill(last);
      }
      if (turns.size() > 1 && turns.get(turns.size() - 2).assistant()) {
        String partial = turns.get(turns.size() - 2).text();
        String anchor = anchor(partial, last);
        if (anchor.length() >= Math.min(MIN_ANCHOR, partial.length())
            || answer.text().startsWith(partial)) {
          return anchored(partial, anchor);
        }
      }
      return speak(fromTheStart(attempt));
    }

    private Reply prefill(String partial) {
      // The Messages API refuses these; a client must cut the partial back to before the white
      // space.
      if (protocol == Protocol.ANTHROPIC_MESSAGES && !partial.equals(partial.stripTrailing())) {
        return refuse("messages: final assistant content cannot end with trailing whitespace");
      }
      Answer rest = answer.from(partial.length());
      return switch (continuation) {
        case Continuation.Exact() -> speak(rest);
        case Continuation.NoAnchor() -> speak(rest);
        case Continuation.Overlap(int chars) -> speak(rest.after(end(partial, chars)));
        case Continuation.Restart() -> speak(answer);
        case Continuation.Preamble(int wording) ->
            speak(rest.after(Continuation.PREAMBLES.get(wording)));
        case Continuation.OtherText() -> speak(Answer.ofText(OTHER));
        case Continuation.RefusePrefill() -> refuse(NO_PREFILL);
        case Continuation.RefuseAll() -> refuse(NO_PREFILL);
        case Continuation.Drift() -> refuse(NO_PREFILL);
        case Continuation.StopAtAnchor() -> speak(Answer.ofText(""));
        // It was not asked to repeat anything.
        case Continuation.AnchorTwice twice -> speak(rest);
        case Continuation.QuotedAnchor quoted -> speak(rest);
        case Continuation.Ellipses ellipses -> speak(rest);
        case Continuation.TalkAfter talk -> speak(rest);
      };
    }

    private Reply anchored(String partial, String anchor) {
      Answer rest = answer.from(partial.length());
      return switch (continuation) {
        case Continuation.Exact() -> speak(rest.after(anchor));
        case Continuation.RefusePrefill() -> speak(rest.after(anchor));
        case Continuation.NoAnchor() -> speak(rest);
        case Continuation.Overlap(int chars) ->
            speak(rest.after(end(partial, anchor.length() + chars)));
        case Continuation.Restart() -> speak(answer);
        case Continuation.Preamble(int wording) ->
            speak(rest.after(Continuation.PREAMBLES.get(wording) + anchor));
        case Continuation.OtherText() -> speak(Answer.ofText(OTHER));
        case Continuation.RefuseAll() -> refuse(NO_CONTINUATION);
        case Continuation.Drift() -> refuse(NO_CONTINUATION);
        case Continuation.StopAtAnchor() -> speak(Answer.ofText(anchor));
        case Continuation.AnchorTwice twice -> speak(rest.after(twice.of(anchor)));
        case Continuation.QuotedAnchor quoted -> speak(rest.after(quoted.around(anchor)));
        case Continuation.Ellipses(int form) -> {
          String dots = Continuation.DOTS.get(form);
          yield speak(rest.after(dots + anchor + dots));
        }
        case Continuation.TalkAfter(int wording) ->
            speak(Answer.ofText(anchor + behind(Continuation.TALK.get(wording))));
      };
    }

    private static String behind(String talk) {
      boolean mark = ".,:;!?\u201d\u3002\uff0c".indexOf(talk.charAt(0)) >= 0;
      return mark ? talk : " " + talk;
    }

    private Reply speak(Answer full) {
      WireTemplates templates = WireTemplates.of(protocol);
      if (choices > 1 && streams) {
        var all = new ArrayList<Answer>();
        all.add(full);
        for (int choice = 1; choice < choices; choice++) {
          all.add(answer(choice));
        }
        return Reply.stream(templates.framing(), OpenAiChatTemplates.choices(all, envelope));
      }
      return streams
          ? Reply.stream(templates.framing(), templates.stream(full, envelope))
          : Reply.document(200, templates.document(full, envelope));
    }
  }

  private Answer fromTheStart(int attempt) {
    if (!(continuation instanceof Continuation.Drift) || attempt == 1) {
      return answer;
    }
    String text = answer.text();
    int same = new SplittableRandom(mixed(attempt)).nextInt(text.length() + 1);
    return Answer.ofText(text.substring(0, same) + " " + OTHER);
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

  private int choices(TestJson request) {
    return protocol == Protocol.OPENAI_CHAT
            && request.member("n") instanceof TestJson.Num number
            && number.text().matches("\\d")
        ? Math.max(1, Integer.parseInt(number.text()))
        : 1;
  }

  private static boolean wantsUsage(TestJson request) {
    TestJson options = request.member("stream_options");
    return options != null && options.isTrue("include_usage");
  }

  private Reply refuse(String message) {
    return Reply.document(
        400, WireTemplates.of(protocol).errorDocument(ErrorKind.INVALID_REQUEST, 400, message));
  }

  private long mixed(int attempt) {
    return new SplittableRandom(seed * 31 + attempt).nextLong() & Long.MAX_VALUE;
  }
}
