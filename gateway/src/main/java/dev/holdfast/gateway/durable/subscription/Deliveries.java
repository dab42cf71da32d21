package dev.holdfast.gateway.durable.subscription;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Sends webhooks, at most {@value #MOST} at a time; others wait for their turn. Thread-safe. */
final class Deliveries implements AutoCloseable {
  /** Webhooks under way at a time, over all subscriptions: each holds a connection. */
  static final int MOST = 64;

  /**
   * One webhook.
   *
   * @param generation of the wake that it is about
   */
  record Message(String url, String body, long generation) {
    /** {@return neither the body, which holds a token, nor the URL} */
    @Override
    public String toString() {
      return "Message[generation=%d]".formatted(generation);
    }
  }

  /** What is sent once it has its turn. */
  interface Next {
    /** {@return the webhook; null if there is nothing to send any more} */
    @Nullable Message message();
  }

  /** What happens after a webhook. */
  interface Sent {
    /** Receives the answer; null if it did not succeed. */
    void answered(Message message, @Nullable String answer);
  }

  private final WebhookSigner signer;
  private final LongSupplier millis;
  private final BooleanSupplier local;
  private final Semaphore turns = new Semaphore(MOST, true);
  private final ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor();
  private @Nullable Webhooks webhooks;

  /**
   * Deliveries.
   *
   * @param millis the time since 1970
   * @param local whether webhooks may now be sent to this machine
   */
  Deliveries(WebhookSigner signer, LongSupplier millis, BooleanSupplier local) {
    this.signer = signer;
    this.millis = millis;
    this.local = local;
  }

  /** Sends one webhook when it has its turn. */
  void submit(Next next, Sent sent) {
    try {
      senders.execute(() -> run(next, sent));
    } catch (RejectedExecutionException e) {
      // It is being closed.
    }
  }

  private void run(Next next, Sent sent) {
    try {
      turns.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return; // It is being closed.
    }
    try {
      var message = next.message();
      if (message != null) {
        sent.answered(message, answer(message));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      turns.release();
    }
  }

  private @Nullable String answer(Message message) throws InterruptedException {
    if (WebhookTarget.complaint(message.url(), local.getAsBoolean()) != null) {
      return null; // Keys may be configured since.
    }
    try {
      String signature = signer.header(message.body(), millis.getAsLong() / 1_000);
      return client().send(message.url(), message.body(), signature);
    } catch (IOException e) {
      return null;
    }
  }

  private synchronized Webhooks client() {
    var there = webhooks == null ? new Webhooks() : webhooks;
    webhooks = there;
    return there;
  }

  @Override
  public void close() {
    senders.shutdownNow();
  }
}
