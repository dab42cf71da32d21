package dev.holdfast.gateway;

import static dev.holdfast.gateway.JournalRig.hasIds;
import static dev.holdfast.gateway.JournalRig.id;
import static dev.holdfast.gateway.JournalRig.ids;
import static dev.holdfast.gateway.JournalRig.journal;
import static dev.holdfast.gateway.JournalRig.path;
import static dev.holdfast.gateway.JournalRig.plain;
import static dev.holdfast.gateway.JournalRig.upTo;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Answers that are kept in the journal, and read from it by their id. */
@Timeout(120)
class JournaledStreamsTest {
  private static final Script WHOLE = (stream, attempt) -> List.of();

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anAnswerIsTheUpstreamsWithIdsWhereAllParsersTakeThem(Protocol protocol) throws Exception {
    String without;
    try (var rig = new Rig(protocol, WHOLE)) {
      var response = rig.ask(protocol);
      without = response.text();
      assertThat(response.headers()).doesNotContainKey("holdfast-stream-id");
    }
    try (var rig = new Rig(protocol, WHOLE, journal(directory))) {
      var response = rig.ask(protocol);
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.whole()).isTrue();
      id(response);
      if (hasIds(protocol)) {
        assertThat(ids(response.text())).hasSizeGreaterThan(3).doesNotHaveDuplicates().isSorted();
        assertThat(plain(response.text())).isEqualTo(plain(without));
      } else {
        assertThat(response.text()).isEqualTo(without);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aFinishedStreamIsReadAgainFromItsStart(Protocol protocol) throws Exception {
    try (var rig = new Rig(protocol, WHOLE, journal(directory))) {
      var first = rig.ask(protocol);
      for (int reader = 0; reader < 3; reader++) {
        var again = RawClient.get(rig.gateway.port(), path(id(first)));
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.whole()).isTrue();
        assertThat(again.header("content-type")).isEqualTo(first.header("content-type"));
        assertThat(plain(again.text())).isEqualTo(plain(first.text()));
      }
      assertThat(rig.upstream.received()).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"OPENAI_CHAT", "OPENAI_RESPONSES", "ANTHROPIC_MESSAGES"})
  void aReaderResumesAfterEveryEventItHas(Protocol protocol) throws Exception {
    try (var rig = new Rig(protocol, WHOLE, journal(directory))) {
      var first = rig.ask(protocol);
      String whole = first.text();
      for (String after : ids(whole)) {
        var byHeader =
            RawClient.get(rig.gateway.port(), path(id(first)), "Last-Event-ID: " + after);
        var byQuery = RawClient.get(rig.gateway.port(), path(id(first)) + "?after=" + after);
        assertThat(upTo(whole, after) + plainEnd(byHeader.text())).isEqualTo(whole);
        assertThat(byQuery.text()).isEqualTo(byHeader.text());
        assertThat(byHeader.text()).endsWith(": holdfast-stream-end complete\n");
      }
    }
  }

  private static String text(RawClient.Response response) {
    return Reading.of("openai-chat", response.body()).text();
  }

  private static String plainEnd(String body) {
    return body.replaceAll("(?m)^: holdfast-stream-end .*\n", "");
  }

  @Test
  void aCutStreamIsContinuedInTheJournal() throws Exception {
    Script cut =
        (stream, attempt) ->
            attempt == 1 ? List.of(new Fault.CutRst(Position.event(5))) : List.of();
    String without;
    try (var rig = new Rig(Protocol.OPENAI_CHAT, cut)) {
      without = text(rig.ask(Protocol.OPENAI_CHAT));
    }
    try (var rig = new Rig(Protocol.OPENAI_CHAT, cut, journal(directory))) {
      var first = rig.ask(Protocol.OPENAI_CHAT);
      assertThat(text(first)).isEqualTo(without);
      var again = RawClient.get(rig.gateway.port(), path(id(first)));
      assertThat(text(again)).isEqualTo(without);
    }
  }
}
