/** Which upstream a request is for, in which protocol, and at which address there. */
@NullMarked
package dev.holdfast.gateway.route;

import org.jspecify.annotations.NullMarked;
