package dev.holdfast.gateway.stream;

import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.StreamSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What gateways share about one request for a stream. On the loop of its client. */
public interface StreamSharing extends SharedIdentity {
  /** How long a whole answer that no client read to its end is found without a key. */
  Duration KEEP = Duration.ofMinutes(5);

  /**
   * Asks what becomes of the request.
   *
   * @param own the id that its stream would have
   * @param instead the stream that was found before, and is not to be received; null for none
   */
  void ask(StreamId own, @Nullable StreamId instead, Asked then);

  /** {@return whether the client has left meanwhile; its record is finished then} */
  boolean isGone();

  /** Receives what becomes of a request; one of its methods is called, once. */
  interface Asked {
    /**
     * It is let in, and its stream is the one of its identity.
     *
     * @param replaced the stream whose place it took; null for none
     */
    void admitted(@Nullable StreamId replaced);

    /** It receives a stream that there is. */
    void joins(StreamId id);

    /** This gateway decides alone. */
    void alone();

    /** It was refused, or its client has left. */
    void ended();
  }

  /** {@return how long the stream of a request is known to other gateways} */
  static Duration keep(JournalConfig config, boolean keyed) {
    return keyed ? config.ttl() : KEEP;
  }

  /** {@return whether identical requests are to find the stream of a request} */
  static boolean isFound(StreamSettings settings, boolean keyed) {
    return switch (settings.delivery().identical()) {
      case AUTO, ATTACH, REPLACE -> true;
      case OFF -> keyed;
    };
  }
}
