/** What operators see: health, readiness, metrics, the access log. */
@NullMarked
package dev.holdfast.gateway.manage;

import org.jspecify.annotations.NullMarked;
