package dev.holdfast.testkit.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Transcript;
import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerGenerator;
import dev.holdfast.testkit.answer.AnswerStyle;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.link.FaultyLink;
import dev.holdfast.testkit.link.LinkDelivery;
import dev.holdfast.testkit.wire.WireTemplates;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the templates write, core's dialects read, and they were written apart. */
final class TemplatesReadTest {
  /** What a reader made of a body. */
  private record Read(List<StreamEvent> events, Transcript transcript, Proof proof) {
    <T extends StreamEvent> List<T> all(Class<T> kind) {
      return events.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
  }

  private static Read read(Protocol protocol, String body) {
    var dialect = Dialects.byId(protocol.id());
    var decoder = dialect.newDecoder(FrameLimits.DEFAULT);
    var reader = dialect.newReader(CompletionPolicy.STRICT);
    var events = new ArrayList<StreamEvent>();
    decoder.feed(ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      reader.read(frame, events::add);
    }
    decoder.endOfInput();
    for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      reader.read(frame, events::add);
    }
    Proof proof = reader.end(events::add);
    var transcript = new Transcript();
    events.forEach(transcript);
    return new Read(events, transcript, proof);
  }

  private static Read read(Protocol protocol, Answer answer) {
    var model = new ScriptedModel(protocol, answer, new Continuation.Exact(), 5);
    return read(protocol, model.reply(Requests.of(protocol, "Hello"), 1).body());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void textsOfAllKindsAreReadAsTheyWereWritten(Protocol protocol) {
    for (AnswerStyle style : AnswerStyle.values()) {
      String text = AnswerGenerator.text(3, style, 80);
      Read read = read(protocol, Answer.ofText(text));

      assertThat(read.transcript().text(0)).as(style.id()).isEqualTo(text);
      assertThat(read.proof()).isEqualTo(Proof.CLOSED);
      assertThat(read.all(StreamEvent.Finished.class))
          .extracting(finished -> finished.finish().reason())
          .containsExactly(Finish.Reason.STOP);
      assertThat(read.all(StreamEvent.Warned.class)).isEmpty();
      assertThat(read.all(StreamEvent.FrameRejected.class)).isEmpty();
      assertThat(read.all(StreamEvent.Opaque.class)).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void reasoningAndToolsAreReadBesideTheText(Protocol protocol) {
    Answer answer =
        Answer.ofText("The tide turns.")
            .withReasoning("Tides, then.")
            .withTool("call_1", "tide_table", "{\"port\":\"Brest\",\"days\":2}")
            .withTool("call_2", "moon", "{}");
    Read read = read(protocol, answer);

    assertThat(read.transcript().text(0)).isEqualTo("The tide turns.");
    assertThat(read.transcript().reasoning().get(0)).isEqualTo("Tides, then.");
    assertThat(read.transcript().toolCalls())
        .extracting(ToolCall::name, call -> call.arguments().isBlank() ? "{}" : call.arguments())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("tide_table", "{\"port\":\"Brest\",\"days\":2}"),
            org.assertj.core.groups.Tuple.tuple("moon", "{}"));
    assertThat(read.proof()).isEqualTo(Proof.CLOSED);
    assertThat(read.all(StreamEvent.FrameRejected.class)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void countsOfTokensAreRead(Protocol protocol) {
    StreamEvent.Usage usage =
        read(protocol, Answer.ofText("The tide turns.")).all(StreamEvent.Usage.class).getLast();

    assertThat(usage.tokens().input()).hasValue(2);
    assertThat(usage.tokens().output()).hasValue(Answer.tokens("The tide turns.").size());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aRefusalIsReadAsOneWhereTheProtocolHasWordsForIt(Protocol protocol) {
    Read read = read(protocol, Answer.ofRefusal("I cannot help with that."));
    Finish finish = read.all(StreamEvent.Finished.class).getLast().finish();
    String words = protocol == Protocol.OLLAMA_CHAT ? read.transcript().text(0) : "";

    switch (protocol) {
      case OPENAI_CHAT, OPENAI_RESPONSES ->
          assertThat(read.transcript().refusal().get(0)).isEqualTo("I cannot help with that.");
      case OLLAMA_CHAT -> assertThat(words).isEqualTo("I cannot help with that.");
      case ANTHROPIC_MESSAGES, GEMINI_SSE, GEMINI_JSON_ARRAY -> {}
    }
    assertThat(finish.reason())
        .isEqualTo(protocol == Protocol.OLLAMA_CHAT ? Finish.Reason.STOP : Finish.Reason.REFUSAL);
    assertThat(read.proof()).isEqualTo(Proof.CLOSED);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void errorsInTheStreamAreReadWithTheirCause(Protocol protocol) {
    for (Fault.Trouble trouble : Fault.Trouble.values()) {
      var fault = new Fault.ErrorEvent(Position.token(2), trouble);
      var model =
          new ScriptedModel(
              protocol, Answer.ofText("The tide turns."), new Continuation.Exact(), 5);
      Reply reply = model.reply(Requests.of(protocol, "Hello"), 1);
      var body = new java.io.ByteArrayOutputStream();
      for (LinkDelivery delivery : new FaultyLink(protocol, 1).carry(reply, List.of(fault), 0, 0)) {
        var bytes = new byte[delivery.bytes().remaining()];
        delivery.bytes().get(bytes);
        body.writeBytes(bytes);
      }
      Cause cause =
          read(protocol, body.toString(StandardCharsets.UTF_8))
              .all(StreamEvent.ErrorReported.class)
              .getLast()
              .failure()
              .cause();

      assertThat(cause).as(fault.spec()).isEqualTo(fault.cause(protocol));
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void signsOfLifeHaveNoContent(Protocol protocol) {
    Read read = read(protocol, WireTemplates.of(protocol).keepAlive().text().repeat(3));

    assertThat(read.events()).allMatch(StreamEvent.Heartbeat.class::isInstance);
    assertThat(read.proof()).isEqualTo(Proof.OPEN);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aProtocolOfEventsIsFramedAsEvents(Protocol protocol) {
    String contentType = WireTemplates.of(protocol).framing().contentType();

    assertThat(contentType.startsWith("text/event-stream")).isEqualTo(protocol.isEvents());
  }
}
