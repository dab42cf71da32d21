package dev.holdfast.blackbox.matrix;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.Fault;

/**
 * One stream: its first attempt has the fault, later ones have none.
 *
 * @param id unique; also the stream's name at the server
 */
record Cell(String id, Lane lane, Fault fault, Continuation continuation, StreamPolicy policy) {}
