package dev.holdfast.gateway.durable.subscription;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subscriptions whose store fails, and where webhooks may be sent. */
class SubscriptionsTest {
  private static final String PULL =
      "{\"type\":\"pull-wake\",\"streams\":[\"s\"],\"wake_stream\":\"w\"}";

  /** A store that fails on demand. */
  private static final class Store implements SubscriptionStore {
    boolean fails;

    @Override
    public void save(Saved subscription) {
      check();
    }

    @Override
    public void remove(String namespace, String id) {
      check();
    }

    @Override
    public List<Saved> load() {
      return List.of();
    }

    private void check() {
      if (fails) {
        throw new IllegalStateException("of the store");
      }
    }
  }

  /** One stream with a tail. */
  private static final class Streams implements SubscribedStreams {
    String tail = NO_TAIL;

    @Override
    public String tail(String namespace, String path) {
      return tail;
    }

    @Override
    public List<String> paths(String namespace) {
      return List.of();
    }

    @Override
    public void append(String namespace, String path, String json) {}
  }

  @Test
  void whatIsNotStoredIsNotThere() {
    var store = new Store();
    var streams = new Streams();
    try (var made = new Subscriptions(streams, store, () -> 0, () -> true)) {
      store.fails = true;
      assertThatThrownBy(() -> made.create("", "a", PULL, "http://h"))
          .isInstanceOf(IllegalStateException.class);
      assertThat(made.show("", "a").status()).isEqualTo(404);
      store.fails = false;
      assertThat(made.create("", "a", PULL, "http://h").status()).isEqualTo(201);
      streams.tail = "0000000000000001_0000000100000001";
      store.fails = true;
      assertThatThrownBy(() -> made.claim("", "a", "{\"worker\":\"one\"}"))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> made.remove("", "a")).isInstanceOf(IllegalStateException.class);
      assertThat(made.show("", "a").status()).isEqualTo(200);
      store.fails = false;
      // The wake that was not stored is forgotten, and its generation is not used again.
      var claimed = made.claim("", "a", "{\"worker\":\"one\"}");
      assertThat(claimed.status()).isEqualTo(200);
      assertThat(claimed.body()).contains("\"generation\":2");
      assertThat(made.remove("", "a").status()).isEqualTo(204);
      assertThat(made.show("", "a").status()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "2002:7f00:1::",
        "::1",
        "fd00::1",
        "10.0.0.1"
      })
  void addressesThatAreNotPublicAreRefused(String address) {
    String host = address.contains(":") ? "[" + address + "]" : address;
    assertThat(WebhookTarget.complaint("https://" + host + "/hook", false)).isNotNull();
  }

  @Test
  void onlyAnOpenGatewayOfThisMachineSendsInClear() {
    assertThat(WebhookTarget.complaint("http://127.0.0.1:1/", true)).isNull();
    assertThat(WebhookTarget.complaint("http://127.0.0.1:1/", false)).isNotNull();
    assertThat(WebhookTarget.complaint("https://[2606:4700::1]/", false)).isNull();
  }
}
