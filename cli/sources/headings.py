"""Headings that case systems give to what a mapping can name, table by table, for proposing a mapping."""

from collections.abc import Mapping

from cli.sources.tables import header_key

__all__ = ["HEADINGS", "Headings", "Section"]

Section = str
"""``children``, ``care_spells``, ``episodes``, ``interviews`` or ``coverage``."""

Headings = Mapping[str, tuple[str, ...]]
"""By meaning, the headings as :func:`header_key` writes them, the likeliest first."""


def _headings(**words: str) -> Headings:
    return {meaning: tuple(header_key(word) for word in text.split(",")) for meaning, text in words.items()}


_CHILD = (
    "child_id,child,childid,child ref,child reference,person id,personid,pers_person_id,miss_person_id,"
    "clae_person_id,client id,clientid,client ref,service user id,subject id,mosaic id,liquidlogic id,lcs id,"
    "unique id,nominal ref,nominal id,nominal,misper ref,case id,case ref,mosaic no,mosaic number,mosaic ref,"
    "mosaic,liquidlogic no,liquidlogic number,lcs no,lcs number,lcs ref,azeus id,carefirst id,child no,"
    "child number,person no,person number,person ref,client no,client number,nominal no,nominal number,"
    "system id,ssd id,id,ref,reference"
)
_EPISODE = (
    "episode_id,episode ref,missing id,missing episode id,miss_table_id,report_ref,report id,report number,"
    "report no,incident id,incident ref,incident number,incident no,case number,urn,mis ref,episode no,"
    "episode number,missing ref,missing no,missing number,log no,log number,log ref,ref,ref no,reference,"
    "reference number"
)
_START = (
    "start,start date,date start,started,from,date from,mis_start,missing start,missing start date,"
    "miss_missing_episode_start_date,missing from date,date missing,missing since,last_seen,last seen date,"
    "last seen date time,date last seen,went missing,date went missing,date time went missing,"
    "date and time went missing,went missing date,went missing on,date of missing,missing date,missing on,"
    "missing date time,date missing from,missing from date time,date and time missing,"
    "date child went missing,episode start,episode start date,start of episode,"
    "reported,date reported,reported date,date reported missing,reported missing,reported missing date"
)
_END = (
    "end,end date,date end,ended,to,date to,mis_end,missing end,missing end date,"
    "miss_missing_episode_end_date,found,found date,found date time,date found,returned,return date,"
    "date returned,returned date,returned on,return date time,date time returned,date and time returned,"
    "date of return,date child returned,found on,date and time found,date time found,date located,located,"
    "date back,episode end,episode end date,end of episode"
)

HEADINGS: Mapping[Section, Headings] = {
    "children": _headings(
        key=_CHILD,
        forename="forename,first name,firstname,given name,first_name,pers_forename,christian name",
        forenames="forenames,first names,given names,all forenames",
        middle_name="middle name,middle names,middlename,pers_middle_name",
        surname="surname,last name,lastname,family name,pers_surname",
        full_name="full name,name,child name,person name,subject name",
        date_of_birth="date of birth,dob,d o b,birth date,birthdate,born,pers_dob,date birth",
        birth_uncertain="date of birth estimated,dob estimated,estimated dob,dob approximate",
        postcode="postcode,post code,home postcode,home post code,home_post,home address postcode,"
        "pers_postcode",
        nhs_number="nhs number,nhs no,nhsno,nhs,nhs_number,pers_common_child_id",
        upn="upn,unique pupil number,pupil number,pers_upn",
        known_as="known as,preferred name,knownas,pers_known_as",
        alias="alias,aliases,other names,also known as,aka,pers_alias",
        former_surname="former surname,former surnames,previous surname,birth surname,maiden name",
        sex="sex,gender,pers_sex,pers_gender,sex at birth",
        ethnicity="ethnicity,ethnic,ethnic origin,ethnic group,ethnic code,pers_ethnicity,"
        "self defined ethnicity",
        responsible="responsible council,responsible la,responsible local authority,responsible authority",
        uasc="uasc,unaccompanied,asylum seeker,pers_uasc",
    ),
    "care_spells": _headings(
        key="spell id,care spell id,placement id,clae_cla_episode_id,clap_cla_placement_id",
        child=_CHILD,
        start="start,start date,from,date from,decom,placement start,placement start date,"
        "clae_cla_episode_start_date,began,admitted",
        end="end,end date,to,date to,dec,placement end,placement end date,clae_cla_episode_ceased_date,"
        "clae_cla_episode_ceased,ended,ceased",
        legal_status="legal status,legal_status,ls,legal basis",
        placement="placement type,placement_type,place,placement,placement code,type of placement",
        provider="placement provider,placement_provider,place_provider,provider,provider type",
        area="in area,in_area,placed in area,in or out of area",
        host="host council,host_council,host la,placing in la,placement la,placement local authority",
        placement_postcode="placement postcode,placement_postcode,pl_post,placement post code",
    ),
    "episodes": _headings(
        key=_EPISODE,
        child=_CHILD,
        kind="type,missing,missing type,episode type,type of episode,kind,miss_missing_episode_type,"
        "absence type,category,classification",
        start=_START,
        end=_END,
        missing_from="missing from type,missing_from,missing from,place type,missing_from_type,location type,"
        "where from,missing from where,went missing from,where missing from,from where,missing from location",
        responsible="responsible council,responsible la,responsible local authority,responsible authority",
        host="area,host council,host la,council area,local authority",
        risk_initial="risk initial,initial risk,initial risk level,risk at report",
        risk_highest="risk highest,highest risk,risk,risk level,risk grade,highest risk level",
        risk_final="risk final,final risk,final risk level",
        cse="cse,cse flag,sexual exploitation,risk of cse",
        cce="cce,cce flag,criminal exploitation,risk of cce",
        trafficking="trafficking,trafficked,nrm",
        missing_postcode="missing from postcode,missing_from_postcode,last seen postcode",
    ),
    "interviews": _headings(
        key=_EPISODE,
        offered="offered,rhi offered,interview offered,return interview offered,miss_missing_rhi_offered",
        offered_on="offered date,offered_date,rhi offered date,date offered,offered on",
        outcome="outcome,accepted,rhi accepted,rhi outcome,interview outcome,miss_missing_rhi_accepted",
        completed="completed,rhi completed,rhi date,interview date,date completed,completed date,"
        "rhi completed date,rhi_completed",
        interviewer="interviewer,interviewer type,interviewed by,rhi by",
        reasons="reasons,reason,reasons for missing,reason codes",
        harms="harms,harm,harm codes",
        shared_with_police_on="shared with police,shared_with_police,date shared with police",
    ),
    "coverage": _headings(area="area,council,la,local authority,area code", month="month,period,year month"),
}
"""For every table of a mapping, the meanings that a column may have."""
