package dev.holdfast.gateway.server;

import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.GatewayMetrics;
import dev.holdfast.gateway.route.Router;
import dev.holdfast.gateway.stream.StreamContext;
import dev.holdfast.gateway.upstream.SharedUpstream;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * What all connections of a gateway use.
 *
 * @param streams what their streams use
 * @param router decides which upstream is asked
 * @param upstreams what is shared about each upstream
 * @param hosts the names under which it answers
 * @param metrics counts requests
 * @param log receives the record of each request
 * @param draining whether it is shutting down, so that connections are not kept
 */
public record ServerContext(
    StreamContext streams,
    Router router,
    Map<UpstreamConfig, SharedUpstream> upstreams,
    AllowedHosts hosts,
    GatewayMetrics metrics,
    Consumer<? super ExchangeRecord> log,
    BooleanSupplier draining) {}
