/** What a server with TLS reads of its files. */
@NullMarked
package dev.holdfast.gateway.tls;

import org.jspecify.annotations.NullMarked;
