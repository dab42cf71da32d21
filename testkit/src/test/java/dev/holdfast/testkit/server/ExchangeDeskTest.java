package dev.holdfast.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.ReceivedRequest.Ending;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ExchangeDeskTest {
  private final List<ReceivedRequest> told = new ArrayList<>();
  private Runnable meanwhile = () -> {};
  private final ServerTime time = ServerTime.virtual();
  private final ExchangeHandler desk =
      new ExchangeHandler(
          prompt -> Answer.ofText("Hi"),
          Scenario.healthy(Answer.ofText("Hi")),
          time,
          null,
          KeptAddress.QUERY,
          request -> {
            meanwhile.run();
            told.add(request);
          });

  private ServedExchange open() {
    var headers = Map.of("host", List.of("127.0.0.1"));
    String body = Requests.of(Protocol.OPENAI_CHAT, "Hello");
    return desk.open(new HttpRequest("POST", "/v1/chat/completions", "", headers, body, true, true))
        .exchange();
  }

  /** A client that closes while its connection is being cut made the server count one too many. */
  @Test
  void anExchangeEndsOnce() throws Exception {
    ServedExchange exchange = open();
    assertThat(desk.underWay()).isEqualTo(1);

    desk.close(exchange, Ending.CUT, 5);
    desk.close(exchange, Ending.CLIENT_CLOSED, 7);

    assertThat(told).extracting(ReceivedRequest::ending).containsExactly(Ending.CUT);
    assertThat(desk.received()).extracting(ReceivedRequest::endedAtNanos).containsExactly(5L);
    assertThat(desk.underWay()).isZero();
    assertThat(desk.streamsUnderWay()).isZero();
    ServedExchange unused = open();
    assertThat(desk.awaitEnded(2, 1)).as("the second one has not ended").isFalse();
  }

  @Test
  void aStreamThatAsksAgainBeforeItsLeavingIsNoticedIsOne() {
    ServedExchange left = open();
    ServedExchange again = open();
    assertThat(desk.underWay()).isEqualTo(2);
    assertThat(desk.streamsUnderWay()).isEqualTo(1);

    desk.close(left, Ending.CLIENT_CLOSED, 5);
    assertThat(desk.streamsUnderWay()).isEqualTo(1);
    desk.close(again, Ending.SENT, 7);
    assertThat(desk.streamsUnderWay()).isZero();
  }

  /** Who waited for the end looked at what the listener had heard, and it had not heard it yet. */
  @Test
  void anEndIsAwaitedUntilTheListenerHasReceivedIt() throws Exception {
    var asked = new ArrayList<Boolean>();
    meanwhile = () -> asked.add(isOver());

    desk.close(open(), Ending.SENT, 5);

    assertThat(asked).containsExactly(false);
    assertThat(isOver()).isTrue();
    assertThat(told).hasSize(1);
  }

  private boolean isOver() {
    try {
      return desk.awaitEnded(1, 0);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
