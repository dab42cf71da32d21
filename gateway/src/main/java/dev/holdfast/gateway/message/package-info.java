/** HTTP messages: which headers pass, what a body asks for, refusals of the gateway itself. */
@NullMarked
package dev.holdfast.gateway.message;

import org.jspecify.annotations.NullMarked;
