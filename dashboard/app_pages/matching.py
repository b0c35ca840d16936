"""Matchning: make a run, see what it proposes, what it proves, and what it leaves over."""

from datetime import UTC, datetime

import streamlit as st

from dashboard import charts, service

st.header("Matchning")
try:
    store = service.pilot()
    run = service.newest_run(store)
except service.Refused as error:
    st.error("Pilotens fil kan inte öppnas. Skapa den med `mikro init` eller `mikro demo`.")
    st.text(str(error))
    st.stop()

if st.button("Matcha nu", type="primary"):
    with st.status("Söker den bästa planen …") as status:
        try:
            service.match_now(store, datetime.now(UTC), lambda now: status.update(label=f"Söker: {now}"))
        except service.Refused as error:
            status.update(label="Matchningen blev inte klar", state="error")
            st.text(str(error))
            st.stop()
    st.rerun()

if run is None:
    st.info("Ingen matchning är gjord än.")
    st.stop()

served, value, proof = st.columns(3)
served.metric("Önskemål som får hjälp", f"{run.n_matched} av {run.n_requests}")
value.metric("Planens värde (poäng)", f"{run.objective:,.0f}".replace(",", " "))
proof.metric("Bevisat", "bästa planen" if run.proof == "optimal" else f"inom {run.gap:.2%}")
st.caption(f"Såg piloten {run.local_as_of:%Y-%m-%d %H:%M} under policyn {run.policy}. Körning {run.run_id}.")

if st.button("Kontrollera körningen igen, utan lösaren"):
    holds, sentence = service.check_again(store, run.run_id)
    (st.success if holds else st.error)(sentence)

st.subheader("Förslag")
if run.proposals.empty:
    st.info("Inget önskemål kan få hjälp under den här policyn.")
else:
    st.dataframe(
        run.proposals,
        hide_index=True,
        column_config={
            "starts_at": st.column_config.DatetimeColumn("Tid", format="YYYY-MM-DD HH:mm"),
            "request_id": "Önskemål",
            "volunteer_id": "Volontär",
            "distance_km": st.column_config.NumberColumn("km", format="%.1f"),
            "value": st.column_config.NumberColumn("Poäng", format="%.2f"),
            "reasons": "Därför",
        },
    )

st.subheader("Utan hjälp den här gången")
if run.unmatched.empty:
    st.success("Alla önskemål får hjälp.")
else:
    st.plotly_chart(charts.unmatched_by_reason(run.unmatched), config={"displayModeBar": False})
    st.dataframe(
        run.unmatched,
        hide_index=True,
        column_config={"code": "Kod", "n_requests": "Önskemål", "because": "Därför att"},
    )
