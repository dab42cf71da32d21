/**
 * Bodies that can be read whole and on which widely used clients break all the same: what such a
 * body looks like, and which clients do what. Each row of the table was measured by {@code
 * integrations/clients/run}.
 */
@org.jspecify.annotations.NullMarked
package dev.holdfast.observe.debug.clients;
