package dev.holdfast.testkit.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver;
import dev.holdfast.testkit.WireObserver.End;
import dev.holdfast.testkit.WireObserver.Seen;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Kept replies that are not what they were, seen by a raw socket. */
final class CursorLiesTest {
  private static final Answer ANSWER = Answer.ofText("The tide turns twice a day, and so it does.");
  private static final Pattern NUMBER = Pattern.compile("\"sequence_number\":(\\d+)");

  /** What the first request gets, and what the second one, which takes up its reply. */
  private record Both(Seen first, Seen second, ReceivedRequest received) {
    List<Integer> numbers() {
      return NUMBER
          .matcher(second.text())
          .results()
          .map(found -> Integer.parseInt(found.group(1)))
          .toList();
    }

    String events() {
      return second.text().lines().filter(line -> line.startsWith("event: ")).toList().toString();
    }
  }

  private static Both responses(String lie) throws IOException {
    try (var server =
        FaultServer.builder()
            .seed(7)
            .answer(ANSWER)
            .script((stream, attempt) -> attempt == 2 ? Fault.parseAll(lie) : List.of())
            .start()) {
      Seen first;
      try (var observer = new WireObserver(server.baseUrl())) {
        observer.post(
            Protocol.OPENAI_RESPONSES,
            "{\"model\":\"m\",\"stream\":true,\"background\":true,\"input\":\"Hi\"}");
        first = observer.observe();
      }
      var id = Pattern.compile("\"id\":\"(resp_\\w+)\"").matcher(first.text());
      assertThat(id.find()).isTrue();
      return second(
          server, first, "/v1/responses/" + id.group(1) + "?stream=true&starting_after=7", "");
    }
  }

  private static Both second(FaultServer server, Seen first, String address, String headers)
      throws IOException {
    try (var observer = new WireObserver(server.baseUrl())) {
      observer.send("GET " + address + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n");
      Seen second = observer.observe();
      return new Both(first, second, server.received().getLast());
    }
  }

  private static String text(Seen seen) {
    return WireReader.text(seen.text());
  }

  @Test
  void theRestFollowsTheCursor() throws IOException {
    Both both = responses("");
    int last = both.numbers().getLast();

    assertThat(both.numbers())
        .containsExactlyElementsOf(IntStream.rangeClosed(8, last).boxed().toList());
    assertThat(ANSWER.text()).endsWith(text(both.second()));
    assertThat(both.received().struck()).isEmpty();
  }

  @Test
  void onlyTheEndComes() throws IOException {
    Both whole = responses("resumed-at-the-end");
    Both empty = responses("resumed-at-an-empty-end");

    assertThat(whole.events()).isEqualTo("[event: response.completed]");
    assertThat(empty.events()).isEqualTo("[event: response.completed]");
    assertThat(whole.second().text()).contains(ANSWER.text());
    assertThat(empty.second().text()).contains("\"output\":[]").doesNotContain("tide");
    assertThat(whole.received().struck())
        .containsExactly(new Fault.Shaped(Shape.RESUMED_AT_THE_END));
    assertThat(whole.second().end()).isEqualTo(End.LAST_CHUNK);
  }

  @Test
  void numbersAreOneTooLow() throws IOException {
    Both honest = responses("");
    Both lie = responses("resumed-one-too-low");

    assertThat(lie.numbers()).isEqualTo(honest.numbers().stream().map(one -> one - 1).toList());
    assertThat(text(lie.second())).isEqualTo(text(honest.second()));
  }

  @Test
  void anotherAnswerHasTheSameNumbers() throws IOException {
    Both honest = responses("");
    Both lie = responses("resumed-in-another-answer");
    String other = text(lie.second());

    assertThat(lie.numbers()).isEqualTo(honest.numbers());
    assertThat(other).startsWith("~").isNotEqualTo(text(honest.second()));
    assertThat(other.replace("~", "")).isEqualTo(text(honest.second()));
    assertThat(lie.second().text())
        .contains("\"text\":\"~The~ tide~ turns~ twice~ a~ day~,~ and~ so~ it~ does~.\"")
        .doesNotContain("\"" + ANSWER.text() + "\"");
  }

  @Test
  void threeEventsAreMissing() throws IOException {
    Both honest = responses("");
    Both lie = responses("resumed-behind-a-gap");

    assertThat(lie.numbers()).hasSize(honest.numbers().size() - 3);
    assertThat(lie.numbers()).startsWith(8, 12).endsWith(honest.numbers().getLast());
  }

  @Test
  void allComesAgainWithoutNumbers() throws IOException {
    Both lie = responses("resumed-from-the-start");

    assertThat(lie.numbers()).isEmpty();
    assertThat(text(lie.second())).isEqualTo(ANSWER.text());
  }

  /** A lie about kept replies is none about a reply that is not taken up again. */
  @Test
  void firstRepliesAreNotStruck() throws IOException {
    for (Shape shape : Shape.values()) {
      if (shape.isOfResumed() && shape.exists(Protocol.OPENAI_RESPONSES)) {
        Both both = responses(shape.id());
        assertThat(text(both.first())).as(shape.id()).isEqualTo(ANSWER.text());
      }
    }
  }

  /** llama.cpp counts in bytes. */
  private static byte[] bytes(String lie, int from) throws IOException {
    try (var server =
        FaultServer.builder()
            .seed(7)
            .answer(ANSWER)
            .script((stream, attempt) -> attempt == 2 ? Fault.parseAll(lie) : List.of())
            .start()) {
      Seen first;
      try (var observer = new WireObserver(server.baseUrl())) {
        observer.post(
            Protocol.OPENAI_CHAT,
            Requests.of(Protocol.OPENAI_CHAT, "Hi"),
            "X-Conversation-Id: harbour");
        first = observer.observe();
      }
      return second(server, first, "/v1/stream?conv_id=harbour&from=" + from, "").second().body();
    }
  }

  @Test
  void bytesAreNotThoseThatWereAskedFor() throws IOException {
    byte[] all = bytes("", 0);

    assertThat(bytes("", 700)).isEqualTo(Arrays.copyOfRange(all, 700, all.length));
    assertThat(bytes("resumed-one-too-low", 700))
        .isEqualTo(Arrays.copyOfRange(all, 699, all.length));
    assertThat(bytes("resumed-from-the-start", 700)).isEqualTo(all);
    assertThat(bytes("resumed-in-another-answer", 900))
        .isNotEqualTo(Arrays.copyOfRange(all, 900, all.length))
        .asString(java.nio.charset.StandardCharsets.UTF_8)
        .contains("\"content\":\"~");
  }
}
