package dev.holdfast.testkit.sim.upstream;

import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.link.CursorLies;
import dev.holdfast.testkit.link.FaultyLink;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.model.ScriptedModel;
import dev.holdfast.testkit.sim.draw.Retention;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The answers that a provider keeps. OpenAI Responses are kept by the response's id and counted in
 * events, llama.cpp's by the request's name and counted in bytes.
 */
final class ReplyStore {
  private static final Pattern ID = Pattern.compile("\"response\":\\{\"id\":\"([^\"]+)\"");

  private final Protocol protocol;
  private final Retention keeping;
  private final ScriptedModel model;
  private final FaultyLink link;
  private final Map<String, Kept> kept = new HashMap<>();

  ReplyStore(Protocol protocol, Retention keeping, ScriptedModel model, FaultyLink link) {
    this.protocol = protocol;
    this.keeping = keeping;
    this.model = model;
    this.link = link;
  }

  /**
   * An answer that is kept.
   *
   * @param attempt that began it
   * @param body of its request
   * @param frames its events
   * @param damage what is wrong with one of them
   */
  private record Kept(
      int attempt, String body, List<WireFrame> frames, long atNanos, @Nullable Cause damage) {
    /** {@return what is kept, without the request} */
    @Override
    public String toString() {
      return "Kept[attempt=%d, %d events]".formatted(attempt, frames.size());
    }
  }

  /**
   * The response to a request for a kept answer.
   *
   * @param attempt that began it, or 0 if it is not there any more
   * @param again how many of the events were sent before
   * @param damage what is wrong with an event that was kept
   * @param lie what it is in place of what was asked for
   */
  record Found(int attempt, Reply reply, int again, @Nullable Cause damage, @Nullable Shape lie) {}

  private boolean countsBytes() {
    return protocol == Protocol.OPENAI_CHAT;
  }

  /** The client stops an answer, which is no longer available. */
  void stop(String name) {
    kept.remove(name);
  }

  /**
   * An answer begins that will continue though its connection breaks, if its request demands it.
   *
   * @return under which name it is kept; empty if it is not
   */
  String keep(int attempt, ProviderRequest call, Reply reply, List<Fault> faults, long now) {
    if (!reply.isStream() || faults.stream().anyMatch(ReplyStore::isNoAnswer)) {
      return "";
    }
    if (countsBytes()) {
      String name = call.headers().get("X-Conversation-Id");
      if (name != null) {
        // The bytes are kept as they are sent, good or bad.
        var bad = faults.stream().filter(ReplyStore::isKept).toList();
        var sent = link.carry(reply, bad, now, SimulatedUpstream.EPOCH_MILLIS);
        kept.put(name, new Kept(attempt, call.body(), sent.frames(), now, sent.cause()));
        return name;
      }
    } else if (call.body().contains("\"background\":true")
        && faults.stream().noneMatch(Fault.Shaped.class::isInstance)) {
      Matcher id = ID.matcher(reply.frames().getFirst().text());
      if (id.find()) {
        kept.put(id.group(1), new Kept(attempt, call.body(), reply.frames(), now, null));
        return id.group(1);
      }
    }
    return "";
  }

  /** Whether an intermediary answered in place of the model, or what it wrote cannot be kept. */
  private static boolean isNoAnswer(Fault fault) {
    return switch (fault) {
      case Fault.Status status -> true;
      case Fault.HtmlPage page -> true;
      case Fault.InvalidUtf8 invalid -> true;
      case Fault.HugeEvent huge -> true;
      case Fault.EndlessLine endless -> true;
      case Fault.SecondMessageStart second -> true;
      case Fault.ErrorEvent error -> true;
      default -> false;
    };
  }

  private static boolean isKept(Fault fault) {
    return fault instanceof Fault.Shaped
        || fault instanceof Fault.MalformedJson
        || fault instanceof Fault.MalformedSse
        || fault instanceof Fault.GluedEvents;
  }

  /** {@return what a request for a kept answer gets} */
  Found find(ContinuationRequest asked, long now) {
    var one = kept.get(asked.name());
    boolean events = asked.kind() == ContinuationRequest.Kind.EVENTS;
    var patience = events ? keeping.events() : keeping.document();
    if (one == null || now - one.atNanos() >= patience.toNanos()) {
      return new Found(0, gone(), 0, null, null);
    }
    if (!events) {
      return new Found(one.attempt(), document(one, now), 0, null, null);
    }
    var frames = one.frames();
    var head =
        new ResponseHead(200, Map.of("content-type", List.of("text/event-stream; charset=utf-8")));
    if (countsBytes()) {
      var rest = announced(frames, fromByte(frames, Math.max(0, asked.position())));
      return new Found(one.attempt(), new Reply(head, rest), 0, one.damage(), keeping.lie());
    }
    // Events are numbered from 0 in order.
    int next = Math.min(asked.position() + 1, frames.size());
    int from = Math.max(0, next - keeping.again());
    var rest = new Reply(head, announced(frames, frames.subList(from, frames.size())));
    return new Found(one.attempt(), rest, next - from, one.damage(), keeping.lie());
  }

  private List<WireFrame> announced(List<WireFrame> all, List<WireFrame> rest) {
    return keeping.lie() == null ? rest : CursorLies.of(keeping.lie(), protocol, all, rest);
  }

  private static Reply gone() {
    return new Reply(
        new ResponseHead(404, Map.of("content-type", List.of("application/json"))),
        List.of(
            new WireFrame(
                WireFrame.Kind.DOCUMENT,
                """
                {"error":{"message":"There is no such answer.","type":"invalid_request_error",\
                "param":null,"code":null}}\
                """)));
  }

  private static List<WireFrame> fromByte(List<WireFrame> all, int start) {
    var rest = new ArrayList<WireFrame>();
    int passed = 0;
    for (WireFrame frame : all) {
      byte[] bytes = frame.bytes();
      if (passed >= start) {
        rest.add(frame);
      } else if (passed + bytes.length > start) {
        int skipped = start - passed;
        String text = new String(bytes, skipped, bytes.length - skipped, StandardCharsets.UTF_8);
        rest.add(new WireFrame(WireFrame.Kind.STRUCTURE, text));
      }
      passed += bytes.length;
    }
    return rest;
  }

  /** The answer as far as it is written: whole parts only, as providers show it. */
  private Reply document(Kept one, long now) {
    String body = one.body().replace("\"stream\":true", "\"stream\":false");
    long writing = keeping.writing().toNanos();
    long passed = now - one.atNanos();
    if (passed >= writing) {
      return model.reply(body, one.attempt());
    }
    var parts = model.answer().parts();
    // A model that writes another text each time shows nothing before it is done.
    boolean drifts = model.continuation() instanceof Continuation.Drift;
    int written = drifts ? 0 : (int) (parts.size() * passed / writing);
    var partial =
        new ScriptedModel(
            protocol,
            new Answer(parts.subList(0, written)),
            new Continuation.Exact(),
            model.seed());
    var whole = partial.reply(body, one.attempt());
    String json = whole.body().replace("\"status\":\"completed\"", "\"status\":\"in_progress\"");
    return new Reply(whole.head(), List.of(new WireFrame(WireFrame.Kind.DOCUMENT, json)));
  }
}
