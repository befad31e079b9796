package io.dstm.shell.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.management.Page;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Leases.
 *
 * @param page what is shown
 * @param now the present moment, for times that are told as a distance
 */
record LeasesView(Page<Lease> page, Instant now) implements View {

    @Override
    public String text() {
        if (page.items().isEmpty()) {
            return page.total() == 0 ? "No lease matches.\n" : Spelling.footer(page, "leases");
        }
        Table table = new Table("", "ADDRESS", "PORTS", "CLIENT", "TUNNEL SOURCE", "POOL", "STATE", "ENDS");
        for (Lease lease : page.items()) {
            table.row(
                    lease.address(),
                    lease.ports(),
                    lease.client(),
                    lease.tunnelSource(),
                    lease.pool(),
                    lease.state(),
                    Spelling.relative(lease.until(), now));
        }
        return table.text() + Spelling.footer(page, "leases");
    }

    @Override
    public Object json() {
        return Json.object(
                "total",
                page.total(),
                "offset",
                page.offset(),
                "leases",
                page.items().stream().map(LeasesView::json).toList());
    }

    private static Map<String, @Nullable Object> json(Lease lease) {
        Map<String, @Nullable Object> json = Spelling.json(lease.key());
        json.putAll(Json.object(
                "client", lease.client(),
                "tunnelSource", lease.tunnelSource(),
                "tunnelAddress", lease.tunnelAddress(),
                "pool", lease.pool(),
                "state", lease.state(),
                "since", lease.since(),
                "until", lease.until()));
        return json;
    }
}
