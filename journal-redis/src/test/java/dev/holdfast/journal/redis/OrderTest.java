package dev.holdfast.journal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.SharedState.Arrival;
import dev.holdfast.core.spi.SharedState.Claim;
import dev.holdfast.core.spi.SharedState.Claimed;
import dev.holdfast.core.spi.SharedState.Quota;
import dev.holdfast.core.spi.StreamId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A call that is sent again never comes after one that depends on it. */
final class OrderTest {
  private static final Claim CLAIM =
      new Claim("00ff", new StreamId(1, 2), null, Duration.ofHours(1));

  private final Held link = new Held();
  private final Manual clockwork = new Manual();
  private final RedisSharedState state =
      new RedisSharedState(
          new RedisContext(
              RedisJournal.at("redis://localhost"), link, new Keys("order"), clockwork, "one"));

  /** Keeps what is sent, and answers when the test wants it. */
  private static final class Held implements Link {
    private final List<Script> sent = new ArrayList<>();
    private final List<CompletableFuture<Reply>> answers = new ArrayList<>();

    @Override
    public CompletionStage<Reply> run(Script script, byte[][] keys, byte[]... arguments) {
      var answer = new CompletableFuture<Reply>();
      sent.add(script);
      answers.add(answer);
      return answer;
    }

    private void answer(int call, String word) {
      answers.get(call).complete(new Reply(List.of(Keys.bytes(word), Keys.bytes(""))));
    }

    @Override
    public void subscribe(String channel) {}

    @Override
    public void unsubscribe(String channel) {}

    @Override
    public RedisDurability durability(Duration timeout) {
      return RedisDurability.UNKNOWN;
    }

    @Override
    public <T> T join(CompletionStage<T> answer, Duration timeout) {
      return answer.toCompletableFuture().join();
    }

    @Override
    public void close() {}
  }

  /** Does what is done again and again when the test wants it. */
  private static final class Manual implements Clockwork {
    private @Nullable Runnable again;

    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public void later(Duration delay, Runnable action) {}

    @Override
    public void every(Duration period, Runnable action) {
      again = action;
    }

    private void renew() {
      var action = again;
      assertThat(action).isNotNull();
      action.run();
    }

    @Override
    public void awaitZero(AtomicInteger number, Duration most) {}

    @Override
    public void close() {}
  }

  @Test
  void aReservationIsNotSettledBeforeItsRenewalIsAnswered() {
    state.start();
    var answer = state.arrive(new Arrival("team", new Quota(0, 9, 0, 0), "r", 5, false, null));
    link.answer(0, "ADMITTED");
    assertThat(answer.toCompletableFuture()).isCompleted();
    clockwork.renew();
    state.settle("team", "r", 3);
    assertThat(link.sent).containsExactly(Script.ARRIVE, Script.HOLD);
    link.answer(1, "HELD");
    assertThat(link.sent).containsExactly(Script.ARRIVE, Script.HOLD, Script.SETTLE);
  }

  @Test
  void aRenewalThatFailsHoldsNoSettlementBack() {
    state.start();
    state.arrive(new Arrival("team", new Quota(0, 9, 0, 0), "r", 5, false, null));
    link.answer(0, "ADMITTED");
    clockwork.renew();
    state.settle("team", "r", 3);
    link.answers.get(1).completeExceptionally(new CompletionException(null));
    assertThat(link.sent).endsWith(Script.SETTLE);
  }

  @Test
  void claimsOfOneIdentityFollowEachOther() {
    state.arrive(new Arrival("team", new Quota(0, 0, 0, 0), "", 0, false, CLAIM));
    state.claim("team", CLAIM, Claimed.ANSWERING);
    state.claim("team", CLAIM, Claimed.KEPT);
    var another = new Claim("11ee", new StreamId(3, 4), null, Duration.ofHours(1));
    state.claim("team", another, Claimed.OPEN);
    assertThat(link.sent).containsExactly(Script.ARRIVE, Script.CLAIM);
    link.answer(0, "ADMITTED");
    assertThat(link.sent).hasSize(3);
    link.answers.get(2).completeExceptionally(new CompletionException(null));
    assertThat(link.sent).hasSize(4);
  }
}
