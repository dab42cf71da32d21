package dev.holdfast.cli.demo;

import dev.holdfast.cli.terminal.BadInputException;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.scenario.Scenario;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How one rung is played.
 *
 * @param rung the only one that is allowed
 * @param protocol one in which there is such a rung
 * @param how what happens, in a few words
 */
record RungDemo(Rung rung, Protocol protocol, String how) {
  private static final List<RungDemo> ALL =
      List.of(
          new RungDemo(
              Rung.CURSOR,
              Protocol.OPENAI_RESPONSES,
              "the provider kept the answer: the rest of it"),
          new RungDemo(
              Rung.TOKEN_IDS, Protocol.OPENAI_CHAT, "prompt and answer as tokens, to the letter"),
          new RungDemo(Rung.CONTINUE, Protocol.OPENAI_CHAT, "continue_final_message"),
          new RungDemo(
              Rung.PREFILL, Protocol.ANTHROPIC_MESSAGES, "the answer so far as the model's own"),
          new RungDemo(
              Rung.ANCHOR, Protocol.GEMINI_SSE, "repeat your last words, and continue from there"),
          new RungDemo(
              Rung.REPLAY, Protocol.OLLAMA_CHAT, "again from the start, while it stays the same"),
          new RungDemo(Rung.REFUSE, Protocol.OPENAI_CHAT, "nothing is possible, and is reported"));

  /** {@return the demos of that name; {@code all} is all of them} */
  static List<RungDemo> of(String name) {
    var named = ALL.stream().filter(demo -> name.equals("all") || demo.id().equals(name)).toList();
    if (named.isEmpty()) {
      var names = ALL.stream().map(RungDemo::id).collect(Collectors.joining(", "));
      throw BadInputException.of("--rung", "must be one of all, " + names, name);
    }
    return named;
  }

  String id() {
    return rung.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  Capability capability() {
    return new Capability(rung == Rung.REFUSE ? List.of() : List.of(rung), Prefill.PLAIN);
  }

  ChatRequest request() {
    var request = ChatRequest.to("demo").user("What becomes of a stream that is cut?");
    return switch (rung) {
      case CURSOR -> request.with("background", "true").with("store", "true").build();
      case REPLAY -> request.temperature(0).build();
      case TOKEN_IDS, CONTINUE, PREFILL, ANCHOR, REFUSE -> request.build();
    };
  }

  /** {@return the demo's answer, broken once; twice where nothing is asked of the model} */
  Scenario scenario(long seed, Duration pace) {
    var story = Scenario.demo(seed, pace);
    int words = 30 + (int) Math.floorMod(seed, 15L);
    var faults = new ArrayList<List<Fault>>();
    faults.add(List.of(new Fault.CutFin(Position.token(words))));
    if (rung == Rung.CURSOR) {
      faults.add(List.of(new Fault.CutRst(Position.token(words / 2))));
    }
    return new Scenario(
        story.answer(), new Continuation.Exact(), seed, Script.ofAttempts(faults).paced(pace));
  }

  /** What {@code --rung} takes, for shells to complete. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(Stream.of("all"), ALL.stream().map(RungDemo::id)).iterator();
    }
  }
}
