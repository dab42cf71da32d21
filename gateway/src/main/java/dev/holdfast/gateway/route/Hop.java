package dev.holdfast.gateway.route;

import dev.holdfast.gateway.config.UpstreamConfig;

/**
 * One upstream that a request may be sent to.
 *
 * @param upstream the upstream
 * @param weight its share among neighbours that have one; 0 for none
 * @param model what it calls the model; empty for the name in the request
 */
public record Hop(UpstreamConfig upstream, int weight, String model) {}
