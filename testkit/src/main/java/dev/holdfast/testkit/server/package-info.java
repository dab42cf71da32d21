/** The fault server: an HTTP server that plays a provider and breaks its replies on purpose. */
@NullMarked
package dev.holdfast.testkit.server;

import org.jspecify.annotations.NullMarked;
