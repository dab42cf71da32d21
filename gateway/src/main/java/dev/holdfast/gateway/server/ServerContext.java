package dev.holdfast.gateway.server;

import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.gateway.config.Limits;
import dev.holdfast.gateway.durable.DurableFront;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.GatewayMetrics;
import dev.holdfast.gateway.route.StateOrigins;
import dev.holdfast.gateway.shared.SharedLink;
import dev.holdfast.gateway.stream.StreamContext;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What all connections of a gateway use.
 *
 * @param streams what their streams use
 * @param setup the newest configuration, and what follows from it
 * @param origins which upstream wrote what only it can read
 * @param hosts the names under which it answers
 * @param metrics counts requests
 * @param log receives the record of each request
 * @param durable serves Durable Streams; null if it does not
 * @param shared what gateways with one Redis share; null without
 * @param draining whether it is shutting down, so that connections are not kept
 */
public record ServerContext(
    StreamContext streams,
    Supplier<Setup> setup,
    StateOrigins origins,
    AllowedHosts hosts,
    GatewayMetrics metrics,
    Consumer<? super ExchangeRecord> log,
    @Nullable DurableFront durable,
    @Nullable SharedLink shared,
    BooleanSupplier draining) {
  /** {@return what clients may send, as of now} */
  public Limits limits() {
    return setup.get().config().limits();
  }

  /** {@return how many clients may be connected, so that the descriptors suffice} */
  int mostConnections() {
    return Math.min(limits().connections(), Descriptors.connections());
  }
}
