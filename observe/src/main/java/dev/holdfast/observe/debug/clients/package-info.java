/**
 * Bodies that can be read whole but break widely used clients: the shape of such a body, and the
 * behaviour of each client. Each row of the table was measured by {@code integrations/clients/run}.
 */
@org.jspecify.annotations.NullMarked
package dev.holdfast.observe.debug.clients;
