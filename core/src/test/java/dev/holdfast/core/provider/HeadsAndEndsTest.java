package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An end needs a beginning, an answer has one head, and signs of life say nothing. */
class HeadsAndEndsTest {
  /** What was read of an answer. */
  private record Reading(List<StreamEvent> events, Proof proof) {
    String text() {
      return events.stream()
          .filter(StreamEvent.TextDelta.class::isInstance)
          .map(event -> ((StreamEvent.TextDelta) event).text())
          .collect(Collectors.joining());
    }

    boolean has(Class<? extends StreamEvent> kind) {
      return events.stream().anyMatch(kind::isInstance);
    }
  }

  /** Reads frames apart by {@code ;}, each a type, a colon and its data with single quotes. */
  private static Reading read(String dialect, String frames) {
    var reader = Wire.reader(dialect);
    var events = new ArrayList<StreamEvent>();
    for (var frame : frames.split(" ; ", -1)) {
      int colon = frame.indexOf(':');
      String type = frame.substring(0, colon).strip();
      String data = frame.substring(colon + 1).strip().replace('\'', '"');
      reader.read(Frame.event(type.isEmpty() ? "message" : type, data), events::add);
    }
    return new Reading(events, reader.end(events::add));
  }

  private static final String MESSAGES_HEAD =
      ":{'type':'message_start','message':{'id':'%s','model':'m'}}";
  private static final String BLOCK =
      ":{'type':'content_block_start','index':0,'content_block':{'type':'text','text':''}}";
  private static final String MESSAGES_TEXT =
      ":{'type':'content_block_delta','index':0,'delta':{'type':'text_delta','text':'Hi'}}";
  private static final String MESSAGES_END =
      ":{'type':'message_delta','delta':{'stop_reason':'end_turn'}} ; :{'type':'message_stop'}";

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          anthropic-messages  | :{'type':'message_stop'}
          anthropic-messages  | :{'type':'message_delta','delta':{'stop_reason':'end_turn'}} ; :{'type':'message_stop'}
          anthropic-messages  | ping: ; :{'type':'message_stop'}
          openai-responses    | :{'type':'response.completed','response':{'status':'completed','output':[]}}
          openai-responses    | :{'type':'response.incomplete','response':{'status':'incomplete'}}
          cohere-v2           | :{'type':'message-end','delta':{'finish_reason':'COMPLETE'}} ; :[DONE]
          gemini-interactions | :{'event_type':'interaction.completed','interaction':{'id':'a','status':'completed'}} ; :[DONE]
          bedrock-converse    | messageStop:{'stopReason':'end_turn'} ; metadata:{'usage':{'inputTokens':1}}
          ollama-chat         | :{'done':true}
          """)
  void anEndAloneProvesNothing(String dialect, String frames) {
    assertThat(read(dialect, frames).proof().isProven()).isFalse();
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          cohere-v2           | :{'type':'message-start','id':'a'} ; :{'type':'message-end','delta':{'finish_reason':'COMPLETE'}} ; :[DONE]
          cohere-v2           | :{'type':'content-delta','delta':{'message':{'content':{'text':'Hi'}}}} ; :{'type':'message-end','delta':{'finish_reason':'COMPLETE'}} ; :[DONE]
          gemini-interactions | :{'event_type':'interaction.created','interaction':{'id':'a'}} ; :{'event_type':'interaction.completed','interaction':{'id':'a','status':'completed'}} ; :[DONE]
          bedrock-converse    | messageStart:{} ; messageStop:{'stopReason':'end_turn'} ; metadata:{'usage':{'inputTokens':1}}
          ollama-chat         | :{'model':'m','message':{'content':''},'done':true}
          """)
  void anEmptyAnswerWithBothIsOne(String dialect, String frames) {
    assertThat(read(dialect, frames).proof().isProven()).isTrue();
  }

  private static final String COHERE_TEXT =
      ":{'type':'content-delta','delta':{'message':{'content':{'text':'Hi'}}}}";
  private static final String INTERACTION_TEXT =
      ":{'event_type':'step.delta','index':0,'delta':{'type':'text','text':'Hi'}}";

  private static String head(String dialect, String id) {
    return switch (dialect) {
      case "anthropic-messages" -> MESSAGES_HEAD.formatted(id);
      case "openai-responses" ->
          ":{'type':'response.created','response':{'id':'%s'}}".formatted(id);
      case "cohere-v2" -> ":{'type':'message-start','id':'%s'}".formatted(id);
      case "gemini-interactions" ->
          ":{'event_type':'interaction.created','interaction':{'id':'%s'}}".formatted(id);
      case "gemini-sse" ->
          ":{'responseId':'%1$s','modelVersion':'m%1$s','candidates':[{'content':{'parts':[]}}]}"
              .formatted(id);
      default -> "messageStart:{'role':'assistant'}";
    };
  }

  private static String text(String dialect, String id) {
    return switch (dialect) {
      case "anthropic-messages" -> BLOCK + " ; " + MESSAGES_TEXT;
      case "openai-responses" ->
          ":{'type':'response.output_text.delta','output_index':0,'content_index':0,'delta':'Hi'}";
      case "cohere-v2" -> COHERE_TEXT;
      case "gemini-interactions" -> INTERACTION_TEXT;
      case "gemini-sse" ->
          ":{'responseId':'%1$s','candidates':[{'content':{'parts':[{'text':'Hi'}]}}]}"
              .formatted(id);
      default -> "contentBlockDelta:{'contentBlockIndex':0,'delta':{'text':'Hi'}}";
    };
  }

  private static String end(String dialect, String id) {
    return switch (dialect) {
      case "anthropic-messages" -> MESSAGES_END;
      case "openai-responses" -> ":{'type':'response.completed','response':{'status':'completed'}}";
      case "cohere-v2" -> ":{'type':'message-end','delta':{'finish_reason':'COMPLETE'}} ; :[DONE]";
      case "gemini-interactions" ->
          ":{'event_type':'interaction.completed','interaction':{'status':'completed'}} ; :[DONE]";
      case "gemini-sse" ->
          ":{'responseId':'%1$s','candidates':[{'finishReason':'STOP'}]}".formatted(id);
      default -> "messageStop:{'stopReason':'end_turn'} ; metadata:{'usage':{'inputTokens':1}}";
    };
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "anthropic-messages",
        "openai-responses",
        "cohere-v2",
        "gemini-interactions",
        "gemini-sse",
        "bedrock-converse"
      })
  void aSecondHeadIsANoteBeforeContentAndASpliceBehindIt(String dialect) {
    var before =
        read(
            dialect,
            String.join(
                " ; ",
                head(dialect, "a"),
                head(dialect, "b"),
                text(dialect, "b"),
                end(dialect, "b")));
    assertThat(before.proof().isProven()).isTrue();
    assertThat(before.text()).isEqualTo("Hi");
    assertThat(before.events()).filteredOn(StreamEvent.Warned.class::isInstance).hasSize(1);

    var behind =
        read(
            dialect,
            String.join(
                " ; ",
                head(dialect, "a"),
                text(dialect, "a"),
                head(dialect, "b"),
                text(dialect, "b"),
                end(dialect, "b")));
    assertThat(behind.proof().isProven()).isFalse();
    assertThat(behind.text()).isEqualTo("Hi");
    assertThat(behind.events())
        .anyMatch(event ->
            event instanceof StreamEvent.ErrorReported(var failure)
                && failure.cause() == Cause.PROTOCOL_VIOLATION);
  }

  /** One server sends a new id with each chunk. */
  @ParameterizedTest
  @CsvSource({"'a,b,c,d', true", "'a,a,a,a', true", "'a,a,b,b', false"})
  void anIdOfGeminiThatChangesEachTimeProvesNothing(String ids, boolean one) {
    var frames = new ArrayList<String>();
    for (var id : ids.split(",", -1)) {
      frames.add(text("gemini-sse", id));
    }
    frames.add(":{'candidates':[{'finishReason':'STOP'}]}");
    assertThat(read("gemini-sse", String.join(" ; ", frames)).proof().isProven()).isEqualTo(one);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "ping:",
        "ping:''",
        "ping:'pong'",
        "ping:null",
        "ping:[]",
        "ping:1760000000",
        "ping:pong",
        "keepalive:''",
        "heartbeat:",
        ":''",
        ":",
        ":[]",
        ":'  '"
      })
  void signsOfLifeWithoutDataAreThat(String frame) {
    for (var dialect :
        List.of(
            "anthropic-messages",
            "openai-responses",
            "openai-chat",
            "cohere-v2",
            "gemini-interactions",
            "gemini-sse",
            "bedrock-converse")) {
      var reading =
          read(
              dialect,
              String.join(
                  " ; ",
                  head(dialect, "a").startsWith(":{'type':'message_start'")
                      ? head(dialect, "a")
                      : frame,
                  frame,
                  frame));
      assertThat(reading.has(StreamEvent.FrameRejected.class)).as(dialect).isFalse();
      assertThat(reading.has(StreamEvent.Heartbeat.class)).as(dialect).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', true",
    "':{''type'':''content_block_start'',''index'':1,''content_block'':{''type'':''server_tool_use''}}', false",
    "':{''type'':''content_block_start'',''index'':1,''content_block'':{''type'':''tool_use'',''id'':''t'',''name'':''f''}}', false",
    "':{''type'':''content_block_start'',''index'':1,''content_block'':{''type'':''text''}} ; :{''type'':''content_block_stop'',''index'':1}', true",
  })
  void argumentsWithoutAnOpenBlockAreACallThatWasLost(String block, boolean lost) {
    String arguments =
        ":{'type':'content_block_delta','index':1,'delta':{'type':'input_json_delta',"
            + "'partial_json':'{}'}}";
    var reading =
        read(
            "anthropic-messages",
            String.join(
                " ; ",
                MESSAGES_HEAD.formatted("a"),
                block.isEmpty() ? "ping:" : block,
                arguments,
                ":{'type':'message_delta','delta':{'stop_reason':'tool_use'}}",
                ":{'type':'message_stop'}"));
    assertThat(reading.has(StreamEvent.FrameRejected.class)).isEqualTo(lost);
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "thinking"})
  void textWithoutABlockIsReadWithANote(String kind) {
    String delta =
        ":{'type':'content_block_delta','index':3,'delta':{'type':'%1$s_delta','%1$s':'Hi'}}"
            .formatted(kind);
    var reading =
        read(
            "anthropic-messages",
            String.join(" ; ", MESSAGES_HEAD.formatted("a"), delta, delta, MESSAGES_END));
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
    assertThat(reading.events()).filteredOn(StreamEvent::isContent).hasSize(2);
    assertThat(reading.events()).filteredOn(StreamEvent.Warned.class::isInstance).hasSize(1);
  }
}
