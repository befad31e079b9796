package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.ipv6.Ipv6Decision.Granted;
import io.dstm.api.ipv6.Ipv6Decision.Refused;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Association;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.Option.IaPrefix;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import java.util.ArrayList;
import java.util.List;

/** An IA_NA or IA_PD as it is answered. */
final class Ipv6Content {

    private Ipv6Content() {}

    /** Adds the IA with what was decided. */
    static void write(Ipv6Desk.Part part, long t1, long t2, AnswerBuilder answer) {
        Association ia = part.ia();
        List<Option> content = new ArrayList<>();
        Ipv6Decision decision = part.decision();
        List<Ipv6Prefix> gone = List.of();
        if (decision instanceof Granted granted) {
            content.add(lease(
                    ia,
                    granted.lease().prefix(),
                    WireTime.seconds(granted.preferred()),
                    WireTime.seconds(granted.valid())));
            gone = granted.gone();
        } else if (decision instanceof Refused refused) {
            gone = refused.gone();
        }
        if (part.withGone()) {
            gone.forEach(prefix -> content.add(lease(ia, prefix, 0, 0)));
        }
        boolean held = decision instanceof Granted;
        if (decision instanceof Refused refused) {
            content.add(new Option.StatusCode(status(refused.reason(), ia), refused.message()));
        }
        Options options = new Options(content);
        answer.with(
                ia instanceof IaPd
                        ? new IaPd(ia.iaid(), held ? t1 : 0, held ? t2 : 0, options)
                        : new IaNa(ia.iaid(), held ? t1 : 0, held ? t2 : 0, options));
    }

    private static Option lease(Association ia, Ipv6Prefix prefix, long preferred, long valid) {
        return ia instanceof IaPd
                ? new IaPrefix(preferred, valid, prefix, Options.NONE)
                : new IaAddress(prefix.address(), preferred, valid, Options.NONE);
    }

    private static Status status(Ipv6Decision.Reason reason, Association ia) {
        return switch (reason) {
            case NO_POOL, EXHAUSTED, CLIENT_LIMIT ->
                ia instanceof IaPd ? Status.NO_PREFIX_AVAIL : Status.NO_ADDRS_AVAIL;
            case NO_BINDING -> Status.NO_BINDING;
            case NOT_ON_LINK -> Status.NOT_ON_LINK;
            case STORE_UNAVAILABLE -> Status.UNSPEC_FAIL;
        };
    }
}
